package simulate

import (
	"net/http"
	"strings"
)

// Any matches every request.
func Any(*http.Request) bool { return true }

// Path matches requests whose path contains a text.
func Path(part string) Match {
	return func(r *http.Request) bool { return strings.Contains(r.URL.Path, part) }
}

// PathEnd matches requests whose path ends in a text.
func PathEnd(end string) Match {
	return func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, end) }
}

// Session matches requests of one Backstack session.
func Session(jwt string) Match {
	return func(r *http.Request) bool {
		c, err := r.Cookie(backstackCookie)
		return err == nil && c.Value == jwt
	}
}

// Listing matches requests for a list of accounts, of any dialect.
func Listing(r *http.Request) bool {
	path := strings.TrimSuffix(strings.TrimSuffix(r.URL.Path, "/"), ".json")
	switch path[strings.LastIndexByte(path, '/')+1:] {
	case "Accounts", "accounts", "networks", "descendants", "children":
		return true
	}
	return false
}

// Both matches what all of these match.
func Both(ms ...Match) Match {
	return func(r *http.Request) bool {
		for _, m := range ms {
			if !m(r) {
				return false
			}
		}
		return true
	}
}
