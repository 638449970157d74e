package model

import (
	"fmt"
	"strconv"
	"strings"
)

// A Warning reports an optional field that could not be stored as sent.
type Warning struct {
	Field   string // the provider's name of the field, with dots: preferences.timeZone
	Value   string // as sent, quoted; "" for none, and where it could hold a credential
	Problem string // such as "is not an e-mail address"
	Stored  string // what the column holds instead; "" is null
}

// String returns a sentence such as: country "Atlantis" is not a country: stored as null.
func (w Warning) String() string {
	field, stored := w.Field, w.Stored
	if w.Value != "" {
		field += " " + w.Value
	}
	if stored == "" {
		stored = "null"
	}
	return fmt.Sprintf("%s %s: stored as %s", field, w.Problem, stored)
}

// Limits of a value in a warning, in bytes. A longer word is more likely a token
// than a code: the longest name of a time zone has 32.
const (
	maxShown     = 64
	maxShownWord = 32
)

// shown returns a value in quotes for a warning, and "" for a value that could hold
// a credential in the wrong place: a URL, user:password@host, a token.
func shown(value string) string {
	at := strings.LastIndexByte(value, '@')
	if value == "" || len(value) > maxShown || strings.Contains(value, "://") || at >= 0 && strings.Contains(value[:at], ":") {
		return ""
	}
	for word := range strings.FieldsSeq(value) {
		if len(word) > maxShownWord {
			return ""
		}
	}
	return strconv.Quote(value)
}
