package simulate

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Page sizes of the accounts list, from the SignalWire compatibility API and
// Twilio references.
const (
	signalWirePage    = 50
	signalWireMaxPage = 1000
)

// The paths under which the same dialect is served.
const (
	signalWirePath = "/api/laml/2010-04-01/Accounts"
	twilioPath     = "/2010-04-01/Accounts"
)

// SignalWire answers SignalWire's compatibility API and, below its own path,
// Twilio's. Dates are in the flavour of each: SignalWire writes "Sept".
type SignalWire struct {
	Accounts Tenant
	Project  string // user of the Basic auth; for Twilio the account SID
	Token    string // its password
}

// Visible answers the accounts that a complete reading gives.
func (s *SignalWire) Visible() []Account { return all(s.Accounts) }

// ServeHTTP answers the list and single accounts.
func (s *SignalWire) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, pass, _ := r.BasicAuth(); !same(user, s.Project) || !same(pass, s.Token) {
		send(w, http.StatusUnauthorized, s.ErrorBody(http.StatusUnauthorized))
		return
	}
	path := signalWirePath
	rest, ok := strings.CutPrefix(r.URL.Path, path)
	if !ok {
		path = twilioPath
		if rest, ok = strings.CutPrefix(r.URL.Path, path); !ok {
			send(w, http.StatusNotFound, s.ErrorBody(http.StatusNotFound))
			return
		}
	}
	name, isJSON := strings.CutSuffix(rest, ".json")
	if !isJSON && path == twilioPath {
		w.Header().Set("Content-Type", "application/xml")
		_, _ = w.Write([]byte(`<?xml version='1.0' encoding='UTF-8'?><TwilioResponse></TwilioResponse>`))
		return
	}
	if name == "" || name == "/" {
		s.list(w, r, path)
		return
	}
	a, ok := s.Accounts.Get(strings.TrimPrefix(name, "/"))
	if !ok {
		send(w, http.StatusNotFound, s.ErrorBody(http.StatusNotFound))
		return
	}
	answer(w, http.StatusOK, func(b []byte) []byte { return appendSignalWire(b, &a, path) })
}

func (s *SignalWire) list(w http.ResponseWriter, r *http.Request, path string) {
	q := r.URL.Query()
	size := min(number(q.Get("PageSize"), signalWirePage), signalWireMaxPage)
	index := number(q.Get("Page"), 0)
	token := q.Get("PageToken")
	if index > 0 && token == "" {
		send(w, http.StatusBadRequest, signalWireError(http.StatusBadRequest, 70002, "Paged requests must include a PageToken"))
		return
	}
	from, err := strconv.ParseUint(strings.TrimPrefix(token, "PA"), 16, 64)
	if token != "" && (err != nil || !strings.HasPrefix(token, "PA")) {
		send(w, http.StatusBadRequest, signalWireError(http.StatusBadRequest, 20001, "Invalid PageToken"))
		return
	}
	page, next, more := s.Accounts.Page(from, size)
	link := func(index int, at uint64) string {
		uri := fmt.Sprintf("%s?Page=%d&PageSize=%d", r.URL.Path, index, size)
		if index > 0 {
			uri += fmt.Sprintf("&PageToken=PA%032x", at)
		}
		return uri
	}
	answer(w, http.StatusOK, func(b []byte) []byte {
		o := newObject(b, nil)
		o.str("uri", self(r.URL, link(0, 0)))
		o.str("first_page_uri", link(0, 0))
		if more {
			o.str("next_page_uri", link(index+1, next))
		} else {
			o.raw("next_page_uri", "null")
		}
		if index > 0 {
			o.str("previous_page_uri", link(index-1, s.Accounts.Back(from, size)))
		} else {
			o.raw("previous_page_uri", "null")
		}
		o.int("page", int64(index))
		o.int("page_size", int64(size))
		o.key("accounts")
		o.b = appendList(o.b, page, func(b []byte, a *Account) []byte { return appendSignalWire(b, a, path) })
		return o.end()
	})
}

// self is the uri that an envelope names for itself.
func self(u *url.URL, first string) string {
	if u.RawQuery == "" {
		return first
	}
	return u.RequestURI()
}

// appendList appends accounts as a JSON array.
func appendList(b []byte, page []Account, render func([]byte, *Account) []byte) []byte {
	b = append(b, '[')
	for i := range page {
		if i > 0 {
			b = append(b, ',')
		}
		b = render(b, &page[i])
	}
	return append(b, ']')
}

// ErrorBody is the body of an error of this status.
func (s *SignalWire) ErrorBody(status int) []byte {
	switch status {
	case http.StatusUnauthorized:
		return signalWireError(status, 20003, "Authentication failed")
	case http.StatusForbidden:
		return signalWireError(status, 20006, "Access denied")
	case http.StatusNotFound:
		return signalWireError(status, 20404, "The requested resource was not found")
	case http.StatusTooManyRequests:
		return signalWireError(status, 20429, "Too Many Requests")
	}
	return signalWireError(status, 20500, http.StatusText(status))
}

func signalWireError(status, code int, message string) []byte {
	return fmt.Appendf(nil, `{"code":%d,"message":%q,"more_info":"https://www.twilio.com/docs/errors/%d","status":%d}`,
		code, message, code, status)
}
