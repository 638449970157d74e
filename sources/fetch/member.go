package fetch

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode/utf8"
)

// maxID is the longest id, in bytes. It is far above any provider's (40) and below what a B-tree of
// Postgres can index (2704).
const maxID = 1024

// Member returns the raw value of a top-level member of an object; of several with that
// name the last, as encoding/json and jsonb have it. Of a cut object it finds the members that are
// complete. Names are compared exactly. It allocates only for names with escapes.
func Member(raw []byte, name string) (value []byte, ok bool) {
	i := skipSpace(raw, 0)
	if i == len(raw) || raw[i] != '{' {
		return nil, false
	}
	for {
		var key, inner []byte
		if key, inner, i = nextMember(raw, i); i < 0 {
			return value, ok
		}
		if isName(key, name) {
			value, ok = inner, true
		}
		if i = skipSpace(raw, i); i == len(raw) || raw[i] != ',' {
			return value, ok
		}
	}
}

// nextMember returns the member behind the brace or comma at raw[i], its name with the quotes, and the index behind it, -1
// where there is none or it is cut.
func nextMember(raw []byte, i int) (key, value []byte, end int) {
	i = skipSpace(raw, i+1)
	if i == len(raw) || raw[i] != '"' {
		return nil, nil, -1
	}
	from := i
	if i = valueEnd(raw, from); i < 0 {
		return nil, nil, -1
	}
	key = raw[from:i]
	if i = skipSpace(raw, i); i == len(raw) || raw[i] != ':' {
		return nil, nil, -1
	}
	from = skipSpace(raw, i+1)
	if i = valueEnd(raw, from); i < 0 {
		return nil, nil, -1
	}
	return key, raw[from:i], i
}

// members yields the members of an object, as Member finds them; there are none in anything else.
func members(raw []byte) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		i := skipSpace(raw, 0)
		if i == len(raw) || raw[i] != '{' {
			return
		}
		for i < len(raw) && (raw[i] == '{' || raw[i] == ',') {
			key, value, end := nextMember(raw, i)
			if end < 0 {
				return
			}
			if name, ok := unquote(key); ok && !yield(name, value) {
				return
			}
			i = skipSpace(raw, end)
		}
	}
}

// ID returns a top-level member of an object as an id: a string unescaped, or an integer literal
// verbatim, so that 64-bit ids keep every digit. It is "" where the member is neither, or is no text
// that can be stored: empty, over 1024 bytes, invalid UTF-8, with a NUL or half a surrogate pair.
func ID(raw []byte, name string) string {
	value, _ := Member(raw, name)
	return text(value, maxID)
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

func isInteger(b []byte) bool {
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	}
	if len(b) == 0 || b[0] == '0' && len(b) > 1 {
		return false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
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

// valueEnd returns the index behind the value at b[i], -1 where there is none or it is cut. Brackets are only
// counted: where it matters that they match, the value is decoded anyway.
func valueEnd(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch classes[b[i]] {
		case quote:
			n, _ := stringEnd(b[i+1:], false)
			if n < 0 {
				return -1
			}
			i += 1 + n
		case open, openObject:
			depth++
			i++
		case shut, shutObject:
			depth--
			i++
		case scalar:
			for i < len(b) && classes[b[i]] == scalar {
				i++
			}
			if i == len(b) {
				return -1 // perhaps cut
			}
		default:
			if depth == 0 {
				return -1
			}
			i++
		}
		if depth == 0 {
			return i
		}
		if depth < 0 {
			return -1
		}
	}
	return -1
}
