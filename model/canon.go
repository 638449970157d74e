package model

import (
	"bytes"
	"errors"
	"slices"
)

// Limits of what a payload may hold, below what jsonb and its parser take.
const (
	// maxDepth is how deep a payload nests; what lies deeper becomes null.
	// The JSON parser of Postgres fails at a few thousand levels.
	maxDepth = 100
	// maxNumber is the longest number, in bytes and in its exponent, that is
	// kept as one; a longer one becomes text. numeric ends at 131,072 digits.
	maxNumber = 400
)

// ErrSyntax is returned for an object that is not JSON.
var ErrSyntax = errors.New("not valid JSON")

// A Canon brings a provider's object into canonical form: the same account
// gives the same bytes, whatever order or spacing it was sent in. Members are
// sorted by name and the last of equal names wins, arrays that are sets are
// sorted, secrets are dropped, and text loses NUL bytes and invalid UTF-8.
// Numbers keep every digit. It is one pass over the bytes and builds no values.
//
// A Canon holds buffers and serves one goroutine at a time.
type Canon struct {
	rules   *Rules
	in      []byte
	at      int
	out     []byte
	members []member // of all the objects being read, innermost last
	items   []span   // of all the sets being read
	scratch []byte
	base    int    // where in out the object begins
	top     []span // its top-level members in out, the volatile ones left out
	traits  map[string]trait
}

type span struct{ from, to int }

type member struct {
	key, all span // the key's text without quotes; the whole "key":value
}

// NewCanon returns a Canon that follows rules.
func NewCanon(rules *Rules) *Canon {
	return &Canon{rules: rules, traits: make(map[string]trait, 64)}
}

// Append appends the canonical form of raw to dst. It returns ErrSyntax when
// raw is not one JSON value.
func (c *Canon) Append(dst, raw []byte) ([]byte, error) {
	c.in, c.at, c.out = raw, 0, dst
	c.members, c.items, c.top = c.members[:0], c.items[:0], c.top[:0]
	c.base = len(dst)
	c.space()
	if !c.value(0, false) {
		return dst, ErrSyntax
	}
	if c.space(); c.at != len(c.in) {
		return dst, ErrSyntax
	}
	c.redactValues()
	return c.out, nil
}

// redacted stands in place of a credential of the connection itself that the
// provider repeats in a text.
const redacted = "[redacted]"

// redactValues takes the connection's own credentials out of the texts of the
// object, under whatever name they came.
func (c *Canon) redactValues() {
	for _, v := range c.rules.values {
		if bytes.Contains(c.out[c.base:], v) {
			body := bytes.ReplaceAll(c.out[c.base:], v, []byte(redacted))
			c.out = append(c.out[:c.base], body...)
			c.top = c.top[:0] // the spans moved: the whole object counts
		}
	}
}

func (c *Canon) space() {
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
func (c *Canon) next(b byte) bool {
	c.space()
	if c.at < len(c.in) && c.in[c.at] == b {
		c.at++
		return true
	}
	return false
}

// value reads one value; set tells that its array is a set.
func (c *Canon) value(depth int, set bool) bool {
	if c.at >= len(c.in) {
		return false
	}
	if depth > maxDepth {
		return c.skipDeep()
	}
	switch b := c.in[c.at]; {
	case b == '{':
		return c.object(depth)
	case b == '[':
		return c.array(depth, set)
	case b == '"':
		c.at++
		return c.text()
	case b == 't':
		return c.literal("true")
	case b == 'f':
		return c.literal("false")
	case b == 'n':
		return c.literal("null")
	default:
		return c.number()
	}
}

func (c *Canon) literal(word string) bool {
	if !bytes.HasPrefix(c.in[c.at:], []byte(word)) {
		return false
	}
	c.at += len(word)
	c.out = append(c.out, word...)
	return true
}

func (c *Canon) object(depth int) bool {
	c.at++
	start, first := len(c.out), len(c.members)
	c.out = append(c.out, '{')
	sorted := true
	for n := 0; ; n++ {
		if c.next('}') {
			break
		}
		if n > 0 && !c.next(',') {
			return false
		}
		if !c.next('"') {
			return false
		}
		if !c.member(depth, first, &sorted) {
			return false
		}
	}
	c.close(start, first, sorted, depth == 0)
	return true
}

// member reads `key": value`, its quote consumed, and keeps or drops it.
func (c *Canon) member(depth, first int, sorted *bool) bool {
	from := len(c.out)
	if len(c.members) > first {
		c.out = append(c.out, ',')
	}
	begin := len(c.out)
	if !c.text() || !c.next(':') {
		return false
	}
	key := span{begin + 1, len(c.out) - 1}
	trait := c.trait(c.out[key.from:key.to])
	c.out = append(c.out, ':')
	c.space()
	if !c.value(depth+1, trait == set) {
		return false
	}
	if trait == secret {
		c.out = c.out[:from]
		return true
	}
	m := member{key: key, all: span{begin, len(c.out)}}
	if n := len(c.members); n > first {
		last := c.members[n-1].key
		if bytes.Compare(c.out[last.from:last.to], c.out[key.from:key.to]) >= 0 {
			*sorted = false
		}
	}
	c.members = append(c.members, m)
	return true
}

// close puts the members from first on in order and ends the object.
func (c *Canon) close(start, first int, sorted, top bool) {
	members := c.members[first:]
	if !sorted {
		slices.SortStableFunc(members, func(a, b member) int {
			return bytes.Compare(c.out[a.key.from:a.key.to], c.out[b.key.from:b.key.to])
		})
		c.scratch = append(c.scratch[:0], c.out[start:]...)
		c.out = c.out[:start+1]
		kept := members[:0]
		for i, m := range members {
			name := c.scratch[m.key.from-start : m.key.to-start]
			if i+1 < len(members) {
				after := members[i+1].key
				if bytes.Equal(name, c.scratch[after.from-start:after.to-start]) {
					continue // the last of equal names wins, as in jsonb
				}
			}
			if len(kept) > 0 {
				c.out = append(c.out, ',')
			}
			from := len(c.out)
			c.out = append(c.out, c.scratch[m.all.from-start:m.all.to-start]...)
			kept = append(kept, member{span{from + 1, from + 1 + m.key.to - m.key.from}, span{from, len(c.out)}})
		}
		members = kept
	}
	c.out = append(c.out, '}')
	if top {
		for _, m := range members {
			if c.trait(c.out[m.key.from:m.key.to]) != volatile {
				c.top = append(c.top, m.all)
			}
		}
	}
	c.members = c.members[:first]
}

func (c *Canon) array(depth int, set bool) bool {
	c.at++
	start, first := len(c.out), len(c.items)
	c.out = append(c.out, '[')
	for n := 0; ; n++ {
		if c.next(']') {
			break
		}
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

// sortItems puts the items of a set in order; equal ones stay.
func (c *Canon) sortItems(start, first int) {
	items := c.items[first:]
	slices.SortFunc(items, func(a, b span) int {
		return bytes.Compare(c.out[a.from:a.to], c.out[b.from:b.to])
	})
	c.scratch = append(c.scratch[:0], c.out[start:]...)
	c.out = c.out[:start+1]
	for i, it := range items {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.out = append(c.out, c.scratch[it.from-start:it.to-start]...)
	}
	c.items = c.items[:first]
}
