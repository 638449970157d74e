package normalize

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of RFC 5321, section 4.5.3.1 (with erratum 1690), in bytes.
const (
	maxLocalPart = 64
	maxEmail     = 254
)

// Email returns s as a lower-case e-mail address, its domain in the form that
// Domain gives. It reads a plain address (RFC 5322's dot-atom, and RFC 6531's
// letters beyond ASCII), "Name <address>" and "mailto:address". The domain needs
// a dot. Quoted local parts, IP addresses as domains, and two addresses in one
// text are refused.
func Email(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s, ok := addrSpec(plain(s))
	if s == "" || !ok {
		return "", ok
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return "", false
	}
	local := plain(strings.ToLower(s[:at]))
	domain, ok := dnsName(s[at+1:])
	if !ok || !public(domain) || !dotAtom(local) || len(local) > maxLocalPart || len(local)+len(domain)+len("@") > maxEmail {
		return "", false
	}
	return local + "@" + domain, true
}

// addrSpec returns the address in "Name <address>" and "mailto:address?subject=…".
func addrSpec(s string) (string, bool) {
	if name, rest, ok := strings.Cut(s, "<"); ok {
		address, closed := strings.CutSuffix(rest, ">")
		if several := strings.Contains(name, "@") && strings.ContainsAny(name, ",;"); !closed || several || address == "" {
			return "", false
		}
		s = strings.TrimSpace(address)
	}
	const mailto = "mailto:"
	if len(s) > len(mailto) && strings.EqualFold(s[:len(mailto)], mailto) {
		address, _, _ := strings.Cut(s[len(mailto):], "?")
		decoded, err := url.PathUnescape(address)
		return plain(decoded), err == nil && utf8.ValidString(decoded) && decoded != ""
	}
	return s, true
}

// dotAtom reports whether s is words of RFC 5322's atext joined by single dots.
func dotAtom(s string) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" || strings.ContainsFunc(word, func(r rune) bool {
			return unprintable(r) || r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
		}) {
			return false
		}
	}
	return true
}

// unprintable reports whether no address or URL holds r: white space, control
// characters, and the replacement for a lost character.
func unprintable(r rune) bool {
	return r == utf8.RuneError || r == ' ' || !unicode.IsPrint(r)
}

// public reports whether a domain can be one of the public DNS: it has a dot, and
// its last label a letter, which "3.14" and IPv4 addresses lack.
func public(domain string) bool {
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && strings.Trim(domain[dot+1:], "0123456789") != ""
}
