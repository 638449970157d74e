// Package payload reads the fields of a provider's object into those of an account:
// each in its canonical form, with a warning where that is impossible.
package payload

import (
	"strconv"
	"strings"
	"time"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/normalize"
)

// An Object reads the members of a canonical object for a provider's mapping.
// A field that cannot be read is its zero value, with a warning; a field that is
// missing, null or empty is unset. So is a placeholder, such as "n/a" or false
// (see [normalize.Placeholder]), by the kind of its field:
//
//	name                 stored as sent, but any other candidate goes first
//	text, phone, parent  unset
//	e-mail, URL, code    unset, unless it is a code, such as the language "nan"
//	date                 unset; 0 with a warning
//	status, true/false   unknown, with a warning
type Object struct {
	members []field
	path    string
	warn    *[]model.Warning
}

type field struct{ name, value []byte }

// Read returns the members of a canonical object, and appends what cannot be read
// to warnings. Any other value has no members.
func Read(canonical []byte, warnings *[]model.Warning) Object {
	return Object{members: members(canonical), warn: warnings}
}

func members(v []byte) []field {
	if len(v) == 0 || v[0] != '{' {
		return nil
	}
	list := make([]field, 0, 24)
	for name, value := range canon.Each(v) {
		list = append(list, field{name, value})
	}
	return list
}

func (o Object) value(name string) []byte {
	for _, f := range o.members {
		if string(f.name) == name {
			return f.value
		}
	}
	return nil
}

// Has reports whether the member exists, null or not.
func (o Object) Has(name string) bool { return o.value(name) != nil }

// Raw returns the member's canonical JSON, nil where it is missing.
func (o Object) Raw(name string) []byte { return o.value(name) }

// Warn reports that the member could not be stored as sent. stored is what the
// column holds instead, "" for null.
func (o Object) Warn(name, problem, stored string) {
	sent, _ := o.sent(name)
	*o.warn = append(*o.warn, model.Warning{Field: o.path + name, Value: shown(sent), Problem: problem, Stored: stored})
}

// Object returns the member's own members; none where it is no object.
func (o Object) Object(name string) Object {
	v := o.value(name)
	if v != nil && v[0] != '{' && string(v) != "null" {
		o.Warn(name, "is not an object", "")
	}
	return Object{members: members(v), path: o.path + name + ".", warn: o.warn}
}

// sent returns the member's text, or its literal if it is a number or a truth
// value. ok is false for an object and a list.
func (o Object) sent(name string) (text string, ok bool) {
	v := o.value(name)
	switch {
	case v == nil || string(v) == "null":
		return "", true
	case v[0] == '"':
		return canon.Text(v), true
	case v[0] == '{' || v[0] == '[':
		return "", false
	default:
		return string(v), true
	}
}

// text returns the member's text as sent; a number is its literal. false is "".
func (o Object) text(name string) string {
	s, ok := o.sent(name)
	if v := o.value(name); !ok || string(v) == "true" {
		o.Warn(name, "is not a text", "")
		return ""
	} else if string(v) == "false" {
		return ""
	}
	return s
}

// Text returns the member's text as sent, "" for a placeholder. A number is its
// literal.
func (o Object) Text(name string) string {
	s := o.text(name)
	if normalize.Placeholder(s) {
		return ""
	}
	return s
}

// First returns the first text that is neither empty nor a placeholder.
func (o Object) First(names ...string) string {
	for _, name := range names {
		if s := o.Text(name); s != "" {
			return s
		}
	}
	return ""
}

// Name returns what First does, or else the first text that is not blank: an account may really have the name "None" or "0".
func (o Object) Name(names ...string) string {
	if s := o.First(names...); s != "" {
		return s
	}
	for _, name := range names {
		if s, _ := o.sent(name); strings.TrimSpace(s) != "" && o.value(name)[0] != 't' && o.value(name)[0] != 'f' {
			return s
		}
	}
	return ""
}

// Lower returns the text in lower case, without blanks around it.
func (o Object) Lower(name string) string { return strings.ToLower(strings.TrimSpace(o.Text(name))) }

// ID returns the member as an external id, a parent's for example: a text or a
// number of at most MaxExternalID bytes.
func (o Object) ID(name string) string {
	id := o.Text(name)
	if len(id) > model.MaxExternalID {
		o.Warn(name, "is longer than an id", "")
		return ""
	}
	return id
}

// Bool returns the member's truth: true and false, 1 and 0, or their texts.
// known is false for anything else.
func (o Object) Bool(name string) (value, known bool) {
	sent, ok := o.sent(name)
	switch sent = strings.ToLower(strings.TrimSpace(sent)); {
	case sent == "true", sent == "1":
		return true, true
	case sent == "false", sent == "0":
		return false, true
	case sent != "" || !ok:
		o.Warn(name, "is neither true nor false", "unknown")
	}
	return false, false
}

// Read returns the text in the form that read gives it, "" where read cannot read
// it; what says what it should be.
func (o Object) Read(name, what string, read func(string) (string, bool)) string {
	sent := o.text(name)
	s, ok := read(sent)
	if !ok && !normalize.Placeholder(sent) {
		o.Warn(name, "is not "+what, "")
	}
	return s
}

// Email returns the member as a lower-cased e-mail address.
func (o Object) Email(name string) string { return o.Read(name, "an e-mail address", normalize.Email) }

// Website returns the member as an absolute URL.
func (o Object) Website(name string) string { return o.Read(name, "a URL", normalize.Website) }

// Domain returns the member as a domain name.
func (o Object) Domain(name string) string { return o.Read(name, "a domain", normalize.Domain) }

// Country returns the member as ISO 3166-1 alpha-2.
func (o Object) Country(name string) string { return o.Read(name, "a country", normalize.Country) }

// Timezone returns the member as an IANA zone.
func (o Object) Timezone(name string) string { return o.Read(name, "a time zone", normalize.Timezone) }

// Language returns the member as a BCP 47 tag.
func (o Object) Language(name string) string {
	return o.Read(name, "a language tag", normalize.Language)
}

// Currency returns the member as an ISO 4217 code.
func (o Object) Currency(name string) string { return o.Read(name, "a currency", normalize.Currency) }

// Time returns the member as parse reads it, zero where it cannot be read.
func (o Object) Time(name string, parse func(string) (time.Time, bool)) time.Time {
	sent := o.text(name)
	t, ok := parse(sent)
	if !ok && (sent == "0" || !normalize.Placeholder(sent)) {
		o.Warn(name, "is not a date", "")
	}
	return t
}

// Status returns the state that states has for the member's text, in any case and
// without blanks around it; Unknown, with a warning, for any other.
func (o Object) Status(name string, states map[string]model.Status) model.Status {
	sent := strings.TrimSpace(o.text(name))
	if s, ok := states[strings.ToLower(sent)]; ok {
		return s
	}
	problem := "is not a known status"
	if sent == "" {
		problem = "is missing"
	}
	o.Warn(name, problem, string(model.Unknown))
	return model.Unknown
}

// Items returns the canonical JSON of each element of an array.
func (o Object) Items(name string) (list [][]byte) {
	v := o.value(name)
	switch {
	case v == nil || string(v) == "null":
	case v[0] != '[':
		o.Warn(name, "is not a list", "")
	default:
		for _, item := range canon.Each(v) {
			list = append(list, item)
		}
	}
	return list
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
