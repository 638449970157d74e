// Package canon brings the objects of providers into canonical form, without their
// secrets, and fingerprints them. It is the package that change detection and
// redaction rest on.
package canon

import (
	"bytes"
	"errors"
)

// Limits of what a payload may hold, below what jsonb and its parser take.
const (
	// maxDepth is how many levels of objects and arrays are kept; a deeper one
	// becomes null. The JSON parser of Postgres fails at a few thousand.
	maxDepth = 100
	// maxNumber is how many digits a number may have, written without an
	// exponent; one that has more becomes text. numeric, as which jsonb keeps
	// numbers, ends at 131,072 digits before the point and 16,383 after it.
	maxNumber = 400
	// maxExponent is how large an exponent may be, up or down. As it is written
	// out, a list of five-byte numbers would else become eighty times as long.
	maxExponent = 40
)

// ErrSyntax is returned for an object that is not JSON.
var ErrSyntax = errors.New("not valid JSON")

// A Canonicalizer brings a provider's object into canonical form: the same account
// gives the same bytes, whatever order or spacing it was sent in. Members are
// sorted by name, shorter ones first, and the last of equal names wins, arrays that are sets are
// sorted, secrets are dropped, and text loses NUL bytes and invalid UTF-8.
// Numbers keep every digit and lose their exponent, as they do in jsonb: an
// object that was stored has the canonical form that it had before. It is one
// pass over the bytes and builds no values.
//
// It takes what encoding/json takes, of any depth, and in strings also control
// characters that should have been escaped, which providers send.
//
// A Canonicalizer holds buffers and serves one goroutine at a time.
type Canonicalizer struct {
	rules   *Rules
	in      []byte
	at      int
	out     []byte
	members []member // of all the objects being read, innermost last
	items   []span   // of all the sets being read
	open    []byte   // the closing brackets of what is nested too deep
	scratch []byte
	order   []ranked // of the object being sorted
	kept    []member // of it
	base    int      // where in out the value begins
	object  bool     // whether it is an object
	top     []span   // its top-level members in out, the volatile ones left out
	traits  map[string]trait
	hidden  bool           // whether the value had secrets
	within  *Canonicalizer // for JSON in a text; nil until the first
	nested  int            // how many texts the value is within
}

type span struct{ from, to int }

type member struct {
	key, all span   // the key's text without quotes; the whole "key":value
	rank     uint64 // of the key, see compare
	trait    trait
}

// New returns a Canonicalizer that follows rules.
func New(rules *Rules) *Canonicalizer {
	return &Canonicalizer{rules: rules, traits: make(map[string]trait, 64)}
}

// Append appends the canonical form of raw to dst. It returns ErrSyntax when
// raw is not one JSON value.
func (c *Canonicalizer) Append(dst, raw []byte) ([]byte, error) {
	c.hidden = false
	out, err := c.append(dst, raw)
	if err == nil && c.suspicious(out[len(dst):]) {
		if clean := c.redact(out[len(dst):]); !bytes.Equal(clean, out[len(dst):]) {
			// Again, as a name that is another one now has another place.
			out, err = c.append(dst, clean)
			c.hidden = true
		}
	}
	c.in, c.out = nil, nil
	return out, err
}

func (c *Canonicalizer) append(dst, raw []byte) ([]byte, error) {
	c.in, c.at, c.out = raw, 0, dst
	c.members, c.items, c.top = c.members[:0], c.items[:0], c.top[:0]
	c.base = len(dst)
	c.space()
	c.object = c.at < len(raw) && raw[c.at] == '{'
	if !c.value(0, false) {
		return dst, ErrSyntax
	}
	if c.space(); c.at != len(c.in) {
		return dst, ErrSyntax
	}
	return c.out, nil
}

func (c *Canonicalizer) space() {
	for c.at < len(c.in) {
		switch c.in[c.at] {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return
		}
	}
}

// next consumes b, and the white space before it.
func (c *Canonicalizer) next(b byte) bool {
	c.space()
	if c.at < len(c.in) && c.in[c.at] == b {
		c.at++
		return true
	}
	return false
}

// value reads one value within depth others; set is true for an array that is a set.
func (c *Canonicalizer) value(depth int, set bool) bool {
	if c.at >= len(c.in) {
		return false
	}
	switch c.in[c.at] {
	case '{':
		if depth == maxDepth {
			return c.skipDeep()
		}
		return c.readObject(depth)
	case '[':
		if depth == maxDepth {
			return c.skipDeep()
		}
		return c.readArray(depth, set)
	default:
		return c.scalar()
	}
}

func (c *Canonicalizer) scalar() bool {
	switch c.in[c.at] {
	case '"':
		c.at++
		return c.text()
	case 't':
		return c.literal("true")
	case 'f':
		return c.literal("false")
	case 'n':
		return c.literal("null")
	default:
		return c.number()
	}
}

func (c *Canonicalizer) literal(word string) bool {
	end := c.at + len(word)
	if end > len(c.in) || string(c.in[c.at:end]) != word {
		return false
	}
	c.at = end
	c.out = append(c.out, word...)
	return true
}

func (c *Canonicalizer) readObject(depth int) bool {
	c.at++
	start, first := len(c.out), len(c.members)
	c.out = append(c.out, '{')
	var o readingState
	for n := 0; !c.next('}'); n++ {
		if n > 0 && !c.next(',') {
			return false
		}
		if !c.readMember(&o, depth, first) {
			return false
		}
	}
	c.close(&o, start, first, depth == 0)
	return true
}

// readingState is what is known of an object while its members are read.
type readingState struct {
	unsorted bool
	traits   trait // of all members
}

// name reads `"name":` and the white space around it.
func (c *Canonicalizer) name() bool {
	if !c.next('"') || !c.text() || !c.next(':') {
		return false
	}
	c.space()
	return true
}

// readMember reads `"key":value`, and keeps or drops it.
func (c *Canonicalizer) readMember(o *readingState, depth, first int) bool {
	from := len(c.out)
	if len(c.members) > first {
		c.out = append(c.out, ',')
	}
	begin := len(c.out)
	if !c.name() {
		return false
	}
	m := member{key: span{begin + 1, len(c.out) - 1}}
	key := c.out[m.key.from:m.key.to]
	m.rank, m.trait = rank(key), c.trait(key)
	c.out = append(c.out, ':')
	if !c.value(depth+1, m.trait&set != 0) {
		return false
	}
	if m.trait&secret != 0 {
		c.out = c.out[:from]
		c.hidden = true
		return true
	}
	if value := m.key.to + len(`":`); c.out[value] == '[' {
		c.hidePair(value, false)
	}
	m.all = span{begin, len(c.out)}
	o.traits |= m.trait
	if n := len(c.members); n > first && !o.unsorted {
		o.unsorted = compare(c.out, &c.members[n-1], &m) >= 0
	}
	c.members = append(c.members, m)
	return true
}

func (c *Canonicalizer) readArray(depth int, set bool) bool {
	c.at++
	start, first := len(c.out), len(c.items)
	c.out = append(c.out, '[')
	for n := 0; !c.next(']'); n++ {
		if n > 0 {
			if !c.next(',') {
				return false
			}
			c.out = append(c.out, ',')
		}
		c.space()
		from := len(c.out)
		if !c.value(depth+1, false) {
			return false
		}
		if c.out[from] == '[' {
			c.hidePair(from, true)
		}
		if set {
			c.items = append(c.items, span{from, len(c.out)})
		}
	}
	if set {
		c.sortItems(start, first)
	}
	c.out = append(c.out, ']')
	return true
}

// skipDeep skips an object or array that is nested too deep, without recursion,
// and writes null in its place.
func (c *Canonicalizer) skipDeep() bool {
	out := len(c.out)
	c.open = c.open[:0]
	for c.at < len(c.in) {
		ended := true
		switch b := c.in[c.at]; b {
		case '{', '[':
			c.at++
			if end := b + 2; !c.next(end) { // } follows { by two, and ] does [
				c.open = append(c.open, end)
				ended = false
			}
		default:
			if !c.scalar() {
				return false
			}
		}
		for n := len(c.open); ended && n > 0 && c.next(c.open[n-1]); n-- {
			c.open = c.open[:n-1]
		}
		c.out = c.out[:out]
		if len(c.open) == 0 {
			c.out = append(c.out, "null"...)
			return true
		}
		if ended && !c.next(',') {
			return false
		}
		if c.open[len(c.open)-1] == '}' && !c.name() {
			return false
		}
		c.space()
	}
	return false
}
