package normalize

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// placeholders are texts that systems and people write where there is no value.
// "NA" is not among them: it is Namibia, Naples and a surname.
var placeholders = map[string]bool{
	"n/a": true, "#n/a": true, "n.a.": true, "not available": true, "not applicable": true, "not set": true,
	"null": true, "(null)": true, "<null>": true, "nil": true, "none": true, "(none)": true, "undefined": true, "nan": true,
	"false": true, "unknown": true, "anonymous": true, "unspecified": true, "[object object]": true,
}

// Placeholder reports whether s is no value: blank, "0", one mark or dash alone
// or repeated ("-", "...", "???"), or a word such as "undefined", "n/a" or
// "anonymous", in any case.
//
// It holds for texts, codes, phone numbers and parents. It does not hold for the
// name of an account, which may be "None" or "0", and a code takes precedence:
// "nan" is a language.
func Placeholder(s string) bool {
	if len(s) > 64 {
		return false
	}
	s = plain(s)
	if s == "" || s == "0" || placeholders[strings.ToLower(s)] {
		return true
	}
	first, _ := utf8.DecodeRuneInString(s)
	mark := first < utf8.RuneSelf && !unicode.IsLetter(first) && !unicode.IsDigit(first) || unicode.Is(unicode.Pd, first)
	return mark && strings.Trim(s, string(first)+" ") == ""
}

// plain returns s without blanks around it, with composed characters, ASCII in
// place of full-width letters, and without invisible characters.
func plain(s string) string {
	if ascii(s) {
		return strings.TrimSpace(s)
	}
	return strings.TrimSpace(norm.NFKC.String(strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)))
}

// invisible reports whether r draws nothing: zero-width characters, soft hyphens,
// variation selectors and marks of direction.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
