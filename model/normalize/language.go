package normalize

import (
	"strings"

	"golang.org/x/text/language"
)

// maxLanguage is the longest tag that Language reads, in bytes. RFC 5646, section
// 4.4.1, requires room for 35; a longer tag has extensions that name no language.
const maxLanguage = 64

// languages holds tags that Language has read: accounts share a few dozen.
var languages = cache[string]{limit: 1024}

// posixModifiers are the parts of POSIX locales behind @ that name a language; the
// others, such as @euro, do not.
var posixModifiers = map[string]string{"latin": "Latn", "cyrillic": "Cyrl", "devanagari": "Deva", "valencia": "valencia"}

// Language returns s as a canonical BCP 47 tag: en_US and en_US.UTF-8 are en-US,
// iw is he, eng is en. The POSIX locales C and POSIX name no language and give "".
// A tag without a language, such as und or x-klingon, and the name of a language
// are refused.
func Language(s string) (string, bool) {
	if len(s) > maxLanguage {
		return "", false
	}
	s = plain(s)
	if tag, ok := languages.get(s); ok {
		return tag, true
	}
	locale, modifier, _ := strings.Cut(s, "@")
	locale, _, _ = strings.Cut(locale, ".")
	switch {
	case s == "", locale == "C", locale == "POSIX":
		return "", true
	case posixModifiers[modifier] == "valencia":
		locale += "-valencia"
	case posixModifiers[modifier] != "": // a script stands before the region
		base, rest, _ := strings.Cut(strings.ReplaceAll(locale, "_", "-"), "-")
		locale = strings.TrimSuffix(base+"-"+posixModifiers[modifier]+"-"+rest, "-")
	}
	t, err := language.Parse(locale)
	if err != nil {
		return "", false
	}
	if base, _, _ := t.Raw(); base.String() == "und" {
		return "", false
	}
	tag := t.String()
	languages.put(s, tag)
	return tag, true
}
