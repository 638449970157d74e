package normalize

import (
	"strings"

	"golang.org/x/text/language"
)

// maxLanguage is the longest tag read, in bytes. RFC 5646, section 4.4.1, asks
// for room for 35; what is longer has extensions that say nothing of a language.
const maxLanguage = 64

// languages are tags that Language has read, by what was sent.
var languages = cache[string]{limit: 1024} // a provider's users share a few dozen

// Language returns s as a canonical BCP 47 tag: en_US is en-US, iw is he, eng is
// en. A tag that names no language, such as und or x-klingon, and a language's
// name are refused.
func Language(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	if len(s) > maxLanguage {
		return "", false
	}
	if tag, ok := languages.get(s); ok {
		return tag, true
	}
	t, err := language.Parse(s)
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
