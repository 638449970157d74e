package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of RFC 5321, section 4.5.3.1 (with erratum 1690), and RFC 1035,
// section 2.3.4, in bytes.
const (
	maxLocalPart = 64
	maxEmail     = 254
	maxDomain    = 253
	maxLabel     = 63
)

// Email returns s as a lower-cased e-mail address. It takes a plain address
// (RFC 5322's dot-atom, and RFC 6531's letters beyond ASCII) in a domain with a
// dot: a name such as "me@work" is no address that anybody could write to.
// Display names, quoted local parts and IP addresses as domains are refused.
func Email(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", true
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > maxLocalPart || len(s) > maxEmail || !dotAtom(s[:at]) {
		return "", false
	}
	domain, ok := dnsName(s[at+1:])
	if !ok || !public(domain) {
		return "", false
	}
	return s, true
}

// dotAtom tells whether s is words of RFC 5322's atext joined by single dots.
func dotAtom(s string) bool {
	dot := true // at the beginning, and after a dot, a word must come
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case b >= utf8.RuneSelf:
			if utf8.RuneStart(b) && strings.ContainsFunc(s[i:], unprintable) {
				return false
			}
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
		case strings.IndexByte("!#$%&'*+-/=?^_`{|}~", b) < 0:
			return false
		}
		dot = false
	}
	return !dot
}

// unprintable tells what no address or URL holds: white space, control
// characters, and what stands for a character that was lost.
func unprintable(r rune) bool {
	return r == utf8.RuneError || r == ' ' || !unicode.IsPrint(r)
}

// public tells whether a domain can be one of the public DNS: it has a dot, and
// its last label a letter, which "3.14" and IPv4 addresses lack.
func public(domain string) bool {
	dot := strings.LastIndexByte(domain, '.')
	return dot > 0 && strings.Trim(domain[dot+1:], "0123456789") != ""
}
