package normalize

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of RFC 1035, section 2.3.4, in bytes.
const (
	maxDomain = 253
	maxLabel  = 63
)

// Domain returns s as a DNS name or SIP realm in lower-case ASCII, without a
// trailing dot. It takes a single label, and an underscore, which SIP realms and
// service names have. It refuses a port and a scheme.
func Domain(s string) (string, bool) {
	if s = plain(s); s == "" {
		return "", true
	}
	name, ok := dnsName(strings.TrimSuffix(s, "."))
	if !ok || Placeholder(name) { // "undefined" could be a name of the DNS
		return "", false
	}
	return name, true
}

// names maps as browsers do (UTS 46, not transitional); labels checks the
// characters, because of the underscore.
var names = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false), idna.BidiRule())

// dnsName returns s in lower-case ASCII. A name in Punycode is read and written
// again, so that all spellings of a name have one form.
func dnsName(s string) (string, bool) {
	// Four times: no name that fits has more bytes in UTF-8 than that.
	if len(s) > 4*maxDomain || !utf8.ValidString(s) {
		return "", false
	}
	s = strings.ToLower(s)
	if !ascii(s) || strings.Contains(s, "xn--") {
		unicode, err := names.ToUnicode(s)
		if err != nil {
			return "", false
		}
		if s, err = names.ToASCII(unicode); err != nil {
			return "", false
		}
	}
	if s = strings.ToLower(s); !labels(s) {
		return "", false
	}
	return s, true
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// labels reports whether s is a name of RFC 1123, section 2.1, in lower case; an
// underscore counts as a letter.
func labels(s string) bool {
	if len(s) > maxDomain {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if n := len(label); n < 1 || n > maxLabel || label[0] == '-' || label[n-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
