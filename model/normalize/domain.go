package normalize

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

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
