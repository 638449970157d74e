package model

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// plain tells the bytes that stand in a canonical string as they are: ASCII
// without controls, quote and backslash.
var plain = func() (t [256]bool) {
	for b := 0x20; b < 0x80; b++ {
		t[b] = b != '"' && b != '\\'
	}
	return t
}()

// text reads a string, its first quote consumed, and appends it with quotes.
func (c *Canon) text() bool {
	from := c.at
	for c.at < len(c.in) && plain[c.in[c.at]] {
		c.at++
	}
	if c.at < len(c.in) && c.in[c.at] == '"' {
		c.out = append(c.out, '"')
		c.out = append(c.out, c.in[from:c.at+1]...)
		c.at++
		return true
	}
	c.at = from
	return c.escaped()
}

// escaped is text for a string with escapes, controls or other than ASCII.
func (c *Canon) escaped() bool {
	c.out = append(c.out, '"')
	for c.at < len(c.in) {
		switch b := c.in[c.at]; {
		case plain[b]:
			from := c.at
			for c.at < len(c.in) && plain[c.in[c.at]] {
				c.at++
			}
			c.out = append(c.out, c.in[from:c.at]...)
		case b == '"':
			c.at++
			c.out = append(c.out, '"')
			return true
		case b == '\\':
			if !c.escape() {
				return false
			}
		case b < 0x20:
			// Not allowed unescaped, but sent by providers all the same.
			c.out = appendRune(c.out, rune(b))
			c.at++
		default:
			r, size := utf8.DecodeRune(c.in[c.at:])
			if r != utf8.RuneError || size > 1 {
				c.out = append(c.out, c.in[c.at:c.at+size]...)
			}
			c.at += size
		}
	}
	return false
}

// escape reads one escape sequence; NUL and lone surrogates, which text in
// Postgres cannot hold, are dropped.
func (c *Canon) escape() bool {
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

func (c *Canon) hex() (rune, bool) {
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

// number reads a number and keeps its digits, however many.
func (c *Canon) number() bool {
	from := c.at
	if c.at < len(c.in) && c.in[c.at] == '-' {
		c.at++
	}
	whole := c.at
	if !c.digits() || c.in[whole] == '0' && c.at-whole > 1 {
		return false
	}
	if c.at < len(c.in) && c.in[c.at] == '.' {
		c.at++
		if !c.digits() {
			return false
		}
	}
	exponent := 0
	if c.at < len(c.in) && (c.in[c.at] == 'e' || c.in[c.at] == 'E') {
		c.at++
		if c.at < len(c.in) && (c.in[c.at] == '+' || c.in[c.at] == '-') {
			c.at++
		}
		at := c.at
		if !c.digits() {
			return false
		}
		exponent = maxNumber + 1
		if n, err := strconv.Atoi(string(c.in[at:c.at])); err == nil {
			exponent = n
		}
	}
	if exponent > maxNumber || c.at-from > maxNumber {
		c.out = append(append(append(c.out, '"'), c.in[from:c.at]...), '"')
		return true
	}
	c.out = append(c.out, c.in[from:c.at]...)
	return true
}

func (c *Canon) digits() bool {
	from := c.at
	for c.at < len(c.in) && c.in[c.at] >= '0' && c.in[c.at] <= '9' {
		c.at++
	}
	return c.at > from
}

// skipDeep passes over a value that lies too deep, without recursion, and
// leaves null in its place. Within it only strings and brackets are checked.
func (c *Canon) skipDeep() bool {
	out := len(c.out)
	depth := 0
	for {
		if c.space(); c.at >= len(c.in) {
			return false
		}
		switch c.in[c.at] {
		case '{', '[':
			depth++
			c.at++
		case '}', ']':
			depth--
			c.at++
		case ',', ':':
			c.at++
		case '"':
			c.at++
			if !c.text() {
				return false
			}
			c.out = c.out[:out]
		default:
			if !c.value(0, false) {
				return false
			}
			c.out = c.out[:out]
		}
		if depth < 0 {
			return false
		}
		if depth == 0 {
			c.out = append(c.out, "null"...)
			return true
		}
	}
}
