package model

import (
	"bytes"
	"strconv"
	"strings"
	"time"

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
	warn    *[]Warning
}

type field struct{ name, value []byte }

// ReadObject returns the members of canonical, which a Canon made, and appends
// what cannot be read to warnings. What is no object has no members.
func ReadObject(canonical []byte, warnings *[]Warning) Object {
	return Object{members: fields(canonical), warn: warnings}
}

// fields splits a canonical object, which has no white space. Of what is not
// canonical it returns what comes before.
func fields(b []byte) []field {
	if len(b) < 2 || b[0] != '{' {
		return nil
	}
	list := make([]field, 0, 24)
	for at := 1; at < len(b) && b[at] == '"'; at++ {
		colon := endOf(b, at)
		if colon-at < 2 || colon == len(b) || b[colon] != ':' {
			break
		}
		name := b[at+1 : colon-1]
		if at = endOf(b, colon+1); at == colon+1 {
			break
		}
		list = append(list, field{name, b[colon+1 : at]})
	}
	return list
}

// endOf returns where the canonical value that begins at b[at] ends, at most
// the end of b.
func endOf(b []byte, at int) int {
	depth := 0
	for ; at < len(b); at++ {
		switch b[at] {
		case '"':
			for at++; at < len(b) && b[at] != '"'; at++ {
				if b[at] == '\\' {
					at++
				}
			}
			if depth == 0 {
				return min(at+1, len(b))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return at
			}
			if depth--; depth == 0 {
				return at + 1
			}
		case ',':
			if depth == 0 {
				return at
			}
		}
	}
	return len(b)
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
	*o.warn = append(*o.warn, Warning{Field: o.path + name, Value: shown(sent), Problem: problem, Stored: stored})
}

// Object returns the member's own members; none where it is no object.
func (o Object) Object(name string) Object {
	v := o.value(name)
	if v != nil && v[0] != '{' && string(v) != "null" {
		o.Warn(name, "is not an object", "")
	}
	return Object{members: fields(v), path: o.path + name + ".", warn: o.warn}
}

// sent returns the member's text, or its literal if it is a number or a truth
// value. ok is false for an object and a list.
func (o Object) sent(name string) (text string, ok bool) {
	v := o.value(name)
	switch {
	case v == nil || string(v) == "null":
		return "", true
	case v[0] == '"':
		return Unquote(v), true
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

// Name returns what First does. If there is none it returns the first text that is
// not blank: an account may really have the name "None" or "0".
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
	if len(id) > MaxExternalID {
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
func (o Object) Status(name string, states map[string]Status) Status {
	sent := strings.TrimSpace(o.text(name))
	if s, ok := states[strings.ToLower(sent)]; ok {
		return s
	}
	problem := "is not a known status"
	if sent == "" {
		problem = "is missing"
	}
	o.Warn(name, problem, string(Unknown))
	return Unknown
}

// Items returns the canonical JSON of each element of an array.
func (o Object) Items(name string) [][]byte {
	v := o.value(name)
	if v == nil || string(v) == "null" {
		return nil
	}
	if v[0] != '[' {
		o.Warn(name, "is not a list", "")
		return nil
	}
	return items(v)
}

// items splits a canonical array.
func items(v []byte) (list [][]byte) {
	for at := 1; at < len(v) && v[at] != ']'; {
		end := endOf(v, at)
		if end == at {
			break
		}
		list = append(list, v[at:end])
		if at = end; at < len(v) && v[at] == ',' {
			at++
		}
	}
	return list
}

// Unquote returns the text of a canonical JSON string, "" for anything else.
// Its escapes are \" \\ and \u00xx alone.
func Unquote(v []byte) string {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return ""
	}
	v = v[1 : len(v)-1]
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v)
	}
	out := make([]byte, 0, len(v))
	for len(v) > 0 {
		n := escapeLen(v)
		if n == len(`\u0000`) {
			b, _ := strconv.ParseUint(string(v[2:n]), 16, 8)
			out = append(out, byte(b))
		} else {
			out = append(out, v[n-1])
		}
		v = v[n:]
	}
	return string(out)
}

// escapeLen returns how many bytes the escape that canonical text begins with
// takes; 1 where it begins with none.
func escapeLen(text []byte) int {
	switch {
	case text[0] != '\\':
		return 1
	case len(text) > 1 && text[1] == 'u':
		return min(len(`\u0000`), len(text))
	default:
		return min(len(`\"`), len(text))
	}
}

// Overlay returns lower, an object of less detail, laid over stored, a fuller
// one of the same account: lower's members win, stored's others stay. Either
// can have white space, as what jsonb writes has. The result is an object for
// Append to make canonical; where one of the two is no object, it is the other.
func Overlay(stored, lower []byte) []byte {
	under, isUnder := inside(stored)
	over, isOver := inside(lower)
	switch {
	case !isUnder || isOver && len(under) == 0:
		return lower
	case !isOver || len(over) == 0:
		return stored
	}
	out := make([]byte, 0, len(under)+len(over)+len("{,}"))
	out = append(append(out, '{'), under...)
	out = append(append(out, ','), over...) // of equal names the last one wins
	return append(out, '}')
}

// inside returns what stands between the braces of an object.
func inside(b []byte) ([]byte, bool) {
	const space = " \t\r\n"
	b = bytes.Trim(b, space)
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return nil, false
	}
	return bytes.Trim(b[1:len(b)-1], space), true
}
