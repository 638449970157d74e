package fetch

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"unicode/utf8"
)

// maxID is the longest id, in bytes. It is far above any provider's (40) and below what a B-tree of
// Postgres can index (2704).
const maxID = 1024

// Member returns the raw value of a top-level member of an object; of several with that
// name the last, as encoding/json and jsonb have it. Of a cut object it finds the members that are
// complete. Names are compared exactly. It allocates only for names with escapes.
func Member(raw []byte, name string) (value []byte, ok bool) {
	for key, inner := range members(raw) {
		if isName(key, name) {
			value, ok = inner, true
		}
	}
	return value, ok
}

// members yields the members of an object, each name with its quotes, as far as they are complete; none of anything else.
func members(raw []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		at := skipSpace(raw, 0)
		if at == len(raw) || raw[at] != '{' {
			return
		}
		for at < len(raw) && (raw[at] == '{' || raw[at] == ',') {
			from := skipSpace(raw, at+1)
			if from == len(raw) || raw[from] != '"' {
				return
			}
			colon := valueEnd(raw, from)
			if colon < 0 {
				return
			}
			key := raw[from:colon]
			if colon = skipSpace(raw, colon); colon == len(raw) || raw[colon] != ':' {
				return
			}
			from = skipSpace(raw, colon+1)
			end := valueEnd(raw, from)
			if end < 0 || !yield(key, raw[from:end]) {
				return
			}
			at = skipSpace(raw, end)
		}
	}
}

// named is members with the names unescaped, without invalid names.
func named(raw []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, value := range members(raw) {
			if name, ok := unquote(key); ok && !yield(name, value) {
				return
			}
		}
	}
}

// ID returns a member of an object as an id, by its path: a string unescaped, or an integer literal
// verbatim, so that 64-bit ids keep every digit. It is "" where the member is neither, or is not a text
// that can be stored: empty, over 1024 bytes, invalid UTF-8, with a NUL or half a surrogate pair.
func ID(raw []byte, names ...string) string {
	for _, name := range names {
		raw, _ = Member(raw, name)
	}
	return text(raw, maxID)
}

// ErrorCodes returns a reader of the provider's own error code: of the first of these paths ("error.code") that leads
// to one. Of a list it reads the first element.
func ErrorCodes(paths ...string) func(body []byte) string {
	return func(body []byte) string {
		for _, path := range paths {
			raw := body
			for name := range strings.SplitSeq(path, ".") {
				raw, _ = Member(raw, name)
				if len(raw) > 0 && raw[0] == '[' {
					raw = raw[1:max(1, valueEnd(raw, 1))]
				}
			}
			if code := text(raw, maxID); code != "" {
				return code
			}
		}
		return ""
	}
}

// text returns a string of at most limit bytes unescaped, or an integer as it stands; else "".
func text(value []byte, limit int) string {
	if isInteger(value) && len(value) <= limit {
		return string(value)
	}
	// An escape takes at most six bytes for one.
	if len(value) == 0 || value[0] != '"' || len(value) > 6*limit+2 {
		return ""
	}
	s, ok := unquote(value)
	if !ok || len(s) > limit {
		return ""
	}
	return s
}

// unquote returns the text of a JSON string, if it is valid UTF-8 without NUL.
func unquote(raw []byte) (string, bool) {
	if len(raw) < 2 || !utf8.Valid(raw) {
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	plain := true
	for _, c := range inner {
		if c < ' ' {
			return "", false
		}
		plain = plain && c != '\\'
	}
	if plain {
		return string(inner), true
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return "", false
	}
	replaced := []byte(string(utf8.RuneError)) // encoding/json's stand-in for half a surrogate pair
	if bytes.Count([]byte(s), replaced) > bytes.Count(inner, replaced) || bytes.IndexByte([]byte(s), 0) >= 0 {
		return "", false
	}
	return s, true
}

// isInteger reports whether b is a JSON number without fraction and exponent.
func isInteger(b []byte) bool {
	return len(b) > 0 && (b[0] == '-' || '0' <= b[0] && b[0] <= '9') && !bytes.ContainsAny(b, ".eE") && json.Valid(b)
}

// isName reports whether key, a string with its quotes, is name.
func isName(key []byte, name string) bool {
	if bytes.IndexByte(key, '\\') < 0 {
		return string(key[1:len(key)-1]) == name
	}
	s, ok := unquote(key)
	return ok && s == name
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && classes[b[i]] == space {
		i++
	}
	return i
}

// valueEnd returns the index behind the value at b[i], -1 where it is missing or cut. Brackets are only
// counted: where it matters that they match, the value is decoded anyway.
func valueEnd(b []byte, i int) int {
	var v value
	n, done, ok := v.scan(b[i:])
	if !done || !ok {
		return -1
	}
	return i + n
}
