package canon

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// head returns the first eight bytes of key, in the order of bytes.Compare.
func head(key []byte) uint64 {
	if len(key) >= 8 {
		return binary.BigEndian.Uint64(key)
	}
	var b [8]byte
	copy(b[:], key)
	return binary.BigEndian.Uint64(b[:])
}

// compare compares the names of two members of text as jsonb does, the shorter
// first: Postgres then finds the members of what it parses in order.
func compare(text []byte, a, b *member) int {
	if order := cmp.Compare(a.key.to-a.key.from, b.key.to-b.key.from); order != 0 {
		return order
	}
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	return bytes.Compare(text[a.key.from:a.key.to], text[b.key.from:b.key.to])
}

// close puts the members from first on in order and ends the object.
func (c *Canonicalizer) close(start, first int, sorted, top bool) {
	members, dropped := c.dropPairs(c.members[first:])
	if dropped || !sorted {
		members = c.sortMembers(start, members)
	}
	c.out = append(c.out, '}')
	if top {
		for _, m := range members {
			if m.trait&volatile == 0 {
				c.top = append(c.top, m.all)
			}
		}
	}
	c.members = c.members[:first]
}

// sortMembers writes the members of the object at start anew, in order, and
// returns those that stay.
func (c *Canonicalizer) sortMembers(start int, members []member) []member {
	c.scratch = append(c.scratch[:0], c.out[start:]...)
	slices.SortFunc(members, func(a, b member) int {
		if order := compare(c.out, &a, &b); order != 0 {
			return order
		}
		return cmp.Compare(a.all.from, b.all.from)
	})
	kept := members[:0]
	for i := range members {
		if i+1 < len(members) && compare(c.out, &members[i], &members[i+1]) == 0 {
			continue // the last of equal names wins, as in jsonb
		}
		kept = append(kept, members[i])
	}
	c.out = c.out[:start+1]
	for i := range kept {
		m := &kept[i]
		if i > 0 {
			c.out = append(c.out, ',')
		}
		from := len(c.out)
		c.out = append(c.out, c.scratch[m.all.from-start:m.all.to-start]...)
		m.all = span{from, len(c.out)}
	}
	return kept
}

// sortItems puts the items of a set in order; equal ones stay.
func (c *Canonicalizer) sortItems(start, first int) {
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
