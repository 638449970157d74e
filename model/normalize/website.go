package normalize

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// Website returns s as an absolute http or https URL: as sent, but for a user
// and password in it, which are removed. A bare host, with or without port and
// path, gets "https://"; it must be a public name, since any word could be one.
func Website(s string) (string, bool) {
	if s = strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) }); s == "" {
		return "", true
	}
	scheme, rest := cutScheme(s)
	bare := scheme == ""
	if bare {
		scheme = "https://"
	}
	authority := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority = rest[:i]
	}
	// net/url and browsers disagree on where a host with a backslash ends.
	if strings.ContainsRune(authority, '\\') || strings.ContainsFunc(s, unprintable) {
		return "", false
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		if bare {
			return "", false // an e-mail address
		}
		s, rest = "", rest[at+1:]
	}
	if bare || s == "" {
		s = scheme + rest
	}
	u, err := url.Parse(s)
	if err != nil || !host(u, bare) {
		return "", false
	}
	return s, true
}

// cutScheme returns the scheme of an absolute http or https URL, as sent, and
// what follows; "" and s for anything else.
func cutScheme(s string) (scheme, rest string) {
	for _, scheme := range [...]string{"https://", "http://"} {
		if n := len(scheme); len(s) >= n && strings.EqualFold(s[:n], scheme) {
			return s[:n], s[n:]
		}
	}
	return "", s
}

// host reports whether u names a possible host, or a public one.
func host(u *url.URL, mustBePublic bool) bool {
	if port := u.Port(); port != "" {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return false
	}
	name := u.Hostname()
	if strings.Contains(name, ":") {
		_, err := netip.ParseAddr(name)
		return err == nil && !mustBePublic
	}
	name, ok := dnsName(strings.TrimSuffix(name, "."))
	return ok && (!mustBePublic || public(name))
}
