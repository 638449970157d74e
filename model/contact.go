package model

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
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

// Domain returns s as a lower-cased DNS name or SIP realm in ASCII, without a
// trailing dot. A single label is fine, and so is an underscore, which SIP
// realms and service names have; a port or a scheme is not.
func Domain(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	return dnsName(strings.TrimSuffix(s, "."))
}

// names maps as browsers do (UTS 46, not transitional): the check of what
// characters a label has is ours, for the sake of the underscore.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// dnsName returns s in lower-case ASCII.
func dnsName(s string) (string, bool) {
	// Four times: no name that fits has more bytes in UTF-8 than that.
	if len(s) > 4*maxDomain || !utf8.ValidString(s) {
		return "", false
	}
	if !ascii(s) {
		var err error
		if s, err = names.ToASCII(s); err != nil {
			return "", false
		}
	}
	if s = strings.ToLower(s); !labels(s) {
		return "", false
	}
	return s, true
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// labels tells whether s is a name of RFC 1123, section 2.1, in lower case;
// an underscore counts as a letter.
func labels(s string) bool {
	if len(s) < 1 || len(s) > maxDomain {
		return false
	}
	from := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			if n := i - from; n < 1 || n > maxLabel || s[from] == '-' || s[i-1] == '-' {
				return false
			}
			from = i + 1
			continue
		}
		if b := s[i]; (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' && b != '_' {
			return false
		}
	}
	return true
}

// Website returns s as an absolute http or https URL: as sent, but for a user
// and password in it, which are removed. A bare host, with or without port and
// path, gets "https://"; it must be a public name, since any word could be one.
func Website(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
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

// host tells whether u names a host that can be, a public one where asked.
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
