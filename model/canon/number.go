package canon

import (
	"bytes"
	"strconv"
	"strings"
)

// A numeral is a number as it is spelled: -12.50e3.
type numeral struct {
	minus       bool
	whole, frac []byte // the digits before and after the point
	exponent    int
}

// number reads a number and keeps its digits.
func (c *Canonicalizer) number() bool {
	from := c.at
	d, spelled, ok := c.numeral()
	if !ok {
		return false
	}
	// An exponent adds as many digits as it says, at the most.
	room := min(maxExponent, maxNumber-len(d.whole)-len(d.frac))
	switch {
	case d.exponent > room || d.exponent < -room:
		c.out = append(append(append(c.out, '"'), c.in[from:c.at]...), '"')
	case spelled || d.minus:
		c.out = d.append(c.out)
	default:
		c.out = append(c.out, c.in[from:c.at]...)
	}
	return true
}

// numeral reads a number; spelled reports whether it has an exponent.
func (c *Canonicalizer) numeral() (d numeral, spelled, ok bool) {
	d.minus = c.sign("-")
	d.whole = c.digits()
	if len(d.whole) == 0 || d.whole[0] == '0' && len(d.whole) > 1 {
		return d, false, false
	}
	if c.sign(".") {
		if d.frac = c.digits(); len(d.frac) == 0 {
			return d, false, false
		}
	}
	if !c.sign("eE") {
		return d, false, true
	}
	from := c.at
	c.sign("+-")
	if len(c.digits()) == 0 {
		return d, true, false
	}
	// What is out of range comes out as the largest there is.
	n, _ := strconv.ParseInt(string(c.in[from:c.at]), 10, 32)
	d.exponent = int(n)
	return d, true, true
}

// append appends the number without its exponent, as numeric writes it:
// 1.50e1 is 15.0, and there is no -0.
func (d numeral) append(dst []byte) []byte {
	point := len(d.whole) + d.exponent // where it stands in the digits
	digits := append(append(make([]byte, 0, maxNumber), d.whole...), d.frac...)
	if d.minus && len(bytes.Trim(digits, "0")) > 0 {
		dst = append(dst, '-')
	}
	whole := digits[:min(max(point, 0), len(digits))]
	frac := digits[len(whole):]
	whole = bytes.TrimLeft(whole, "0")
	dst = append(dst, whole...)
	if len(whole) == 0 {
		dst, point = append(dst, '0'), min(point, 0)
	}
	dst = appendZeros(dst, point-len(digits))
	if len(frac) == 0 {
		return dst
	}
	dst = appendZeros(append(dst, '.'), -point)
	return append(dst, frac...)
}

func appendZeros(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, '0')
	}
	return dst
}

// sign passes over one byte if it is among those.
func (c *Canonicalizer) sign(those string) bool {
	if c.at < len(c.in) && strings.IndexByte(those, c.in[c.at]) >= 0 {
		c.at++
		return true
	}
	return false
}

func (c *Canonicalizer) digits() []byte {
	from := c.at
	for c.at < len(c.in) && c.in[c.at] >= '0' && c.in[c.at] <= '9' {
		c.at++
	}
	return c.in[from:c.at]
}
