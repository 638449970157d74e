package canon

import (
	"bytes"
	"fmt"
	"iter"
	"strconv"
)

// Each yields the members of a canonical object, or the items of a canonical array
// with nil for a name. Names are without quotes and can have escapes: see [Text]. A
// scalar yields nothing; a value that is not canonical yields what comes before the
// fault.
func Each(v []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		if len(v) < 2 || v[0] != '{' && v[0] != '[' {
			return
		}
		for at := 1; at < len(v); at++ { // past the comma
			var name []byte
			if v[0] == '{' {
				colon := endOf(v, at)
				if v[at] != '"' || colon-at < 2 || colon == len(v) || v[colon] != ':' {
					return
				}
				name, at = v[at+1:colon-1], colon+1
			}
			end := endOf(v, at)
			if end == at || !yield(name, v[at:end]) {
				return
			}
			at = end
		}
	}
}

// endOf returns where the canonical value that begins at b[at] ends, at most
// the end of b.
func endOf(b []byte, at int) int {
	depth := 0
	for ; at < len(b); at++ {
		switch b[at] {
		case '"':
			end := endOfText(b, at)
			if depth == 0 {
				return end
			}
			at = end - 1
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

// endOfText returns where the canonical string that begins at b[at] ends. It looks
// for quotes alone, as strings are most of an object.
func endOfText(b []byte, at int) int {
	for from := at + 1; from < len(b); {
		quote := bytes.IndexByte(b[from:], '"')
		if quote < 0 {
			break
		}
		end := from + quote
		escapes := 0
		for end-escapes-1 > at && b[end-escapes-1] == '\\' {
			escapes++
		}
		if from = end + 1; escapes%2 == 0 {
			return from
		}
	}
	return len(b)
}

// Text returns the text of a canonical JSON string, "" for any other value. Its
// escapes are \" \\ and \u00xx alone.
func Text(v []byte) string {
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

// escapeLen returns the length in bytes of the escape that canonical text begins
// with; 1 where it begins with none.
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

// Overlay returns partial, an object of less detail, laid over stored, a full one
// of the same account: partial's members win, stored's others stay. Either can have
// white space, as what jsonb writes has. The result is an object for Append to make
// canonical; where one of the two is no object, it is the other.
func Overlay(stored, partial []byte) []byte {
	under, isUnder := inside(stored)
	over, isOver := inside(partial)
	switch {
	case !isUnder || isOver && len(under) == 0:
		return partial
	case !isOver || len(over) == 0:
		return stored
	}
	return fmt.Appendf(nil, "{%s,%s}", under, over) // of equal names the last one wins
}

// inside returns the text between the braces of an object.
func inside(b []byte) ([]byte, bool) {
	const space = " \t\r\n"
	b = bytes.Trim(b, space)
	if len(b) < 2 || b[0] != '{' || b[len(b)-1] != '}' {
		return nil, false
	}
	return bytes.Trim(b[1:len(b)-1], space), true
}
