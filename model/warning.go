package model

import "fmt"

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
