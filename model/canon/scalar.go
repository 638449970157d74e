package canon

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Of each byte of a word: its lowest bit, and its highest.
const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// plain returns how many bytes at the beginning of b stand in a canonical
// string as they are: ASCII without controls, quote and backslash. It looks at
// eight bytes at a time, as most of an object is such text.
func plain(b []byte) int {
	n := 0
	for ; n+8 <= len(b); n += 8 {
		// A byte's highest bit is set in special where it is not plain, and
		// perhaps in those above the lowest such byte, to which a borrow runs.
		w := binary.LittleEndian.Uint64(b[n:])
		quote, slash := w^lowBits*'"', w^lowBits*'\\'
		special := (w | (w - lowBits*' ') | (quote - lowBits) | (slash - lowBits)) & highBits
		if special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for n < len(b) && b[n] >= ' ' && b[n] < utf8.RuneSelf && b[n] != '"' && b[n] != '\\' {
		n++
	}
	return n
}

// text reads a string, its first quote consumed, and appends it with quotes.
func (c *Canonicalizer) text() bool {
	rest := c.in[c.at:]
	n := plain(rest)
	if n == len(rest) || rest[n] != '"' {
		return c.escaped()
	}
	// With both of its quotes, which stand around it in the input, too.
	c.out = append(c.out, c.in[c.at-1:c.at+n+1]...)
	c.at += n + 1
	return true
}

// escaped is text for a string with escapes, controls or other than ASCII.
func (c *Canonicalizer) escaped() bool {
	c.out = append(c.out, '"')
	for c.at < len(c.in) {
		if n := plain(c.in[c.at:]); n > 0 {
			c.out = append(c.out, c.in[c.at:c.at+n]...)
			c.at += n
			continue
		}
		switch b := c.in[c.at]; {
		case b == '"':
			c.at++
			c.out = append(c.out, '"')
			return true
		case b == '\\':
			if !c.escape() {
				return false
			}
		case b < ' ':
			// Not allowed unescaped, but sent by providers all the same.
			c.out = appendRune(c.out, rune(b))
			c.at++
		default:
			n := wide(c.in[c.at:])
			c.out = append(c.out, c.in[c.at:c.at+n]...)
			if c.at += n; n == 0 {
				c.at++ // no UTF-8: dropped
			}
		}
	}
	return false
}

// wide returns how many bytes at the beginning of b are valid UTF-8 other than
// ASCII.
func wide(b []byte) int {
	n := 0
	for n < len(b) && b[n] >= utf8.RuneSelf {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// escape reads one escape sequence; NUL and lone surrogates, which text in
// Postgres cannot hold, are dropped.
func (c *Canonicalizer) escape() bool {
	if c.at+1 >= len(c.in) {
		return false
	}
	b := c.in[c.at+1]
	c.at += 2
	if b != 'u' {
		i := bytes.IndexByte([]byte(`"\/bfnrt`), b)
		if i < 0 {
			return false
		}
		c.out = appendRune(c.out, rune("\"\\/\b\f\n\r\t"[i]))
		return true
	}
	r, ok := c.hex()
	if !ok {
		return false
	}
	if utf16.IsSurrogate(r) {
		low := rune(-1)
		if at := c.at; bytes.HasPrefix(c.in[at:], []byte(`\u`)) {
			c.at += 2
			if low, ok = c.hex(); !ok {
				return false
			}
			if utf16.DecodeRune(r, low) == utf8.RuneError {
				c.at = at // not its other half: read by itself
			}
		}
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return true
		}
	}
	c.out = appendRune(c.out, r)
	return true
}

func (c *Canonicalizer) hex() (rune, bool) {
	if c.at+4 > len(c.in) {
		return 0, false
	}
	var r rune
	for _, b := range c.in[c.at : c.at+4] {
		switch {
		case b >= '0' && b <= '9':
			r = r<<4 | rune(b-'0')
		case b >= 'a' && b <= 'f':
			r = r<<4 | rune(b-'a'+10)
		case b >= 'A' && b <= 'F':
			r = r<<4 | rune(b-'A'+10)
		default:
			return 0, false
		}
	}
	c.at += 4
	return r, true
}

// appendRune appends r as canonical JSON text; a NUL is dropped.
func appendRune(dst []byte, r rune) []byte {
	switch {
	case r == 0:
		return dst
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r < 0x20:
		const digits = "0123456789abcdef"
		return append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
	default:
		return utf8.AppendRune(dst, r)
	}
}
