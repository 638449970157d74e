package canon

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
)

// rank returns a name's length and first bytes, by which most names are in order.
func rank(key []byte) uint64 {
	const longest = 255
	switch n := len(key); {
	case n >= longest:
		return longest << 56
	case n >= 8:
		return uint64(n)<<56 | binary.BigEndian.Uint64(key)>>8
	default:
		first := uint64(0)
		for _, b := range key {
			first = first<<8 | uint64(b)
		}
		return uint64(n)<<56 | first // names of one length alone are compared by it
	}
}

// compare compares the names of two members of text as jsonb does, the shorter
// first: Postgres then finds the members of what it parses in order.
func compare(text []byte, a, b *member) int {
	switch {
	case a.rank != b.rank:
		return cmp.Compare(a.rank, b.rank)
	case a.key.to-a.key.from != b.key.to-b.key.from:
		return cmp.Compare(a.key.to-a.key.from, b.key.to-b.key.from)
	default:
		return bytes.Compare(text[a.key.from:a.key.to], text[b.key.from:b.key.to])
	}
}

// close puts the members of o, from first on, in order and ends the object.
func (c *Canonicalizer) close(o *readingState, start, first int, top bool) {
	members := c.members[first:]
	if o.traits&pairName != 0 && o.traits&pairValue != 0 && c.dropPair(&members) || o.unsorted {
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

// ranked is a member by its number in the object as sent.
type ranked struct {
	rank uint64
	at   int
}

// sortMembers writes the members of the object at start again, in order, and
// returns those that stay.
func (c *Canonicalizer) sortMembers(start int, members []member) []member {
	c.order = c.order[:0]
	for i := range members {
		c.order = append(c.order, ranked{members[i].rank, i})
	}
	slices.SortFunc(c.order, func(a, b ranked) int {
		if a.rank != b.rank {
			return cmp.Compare(a.rank, b.rank)
		}
		return cmp.Or(compare(c.out, &members[a.at], &members[b.at]), cmp.Compare(a.at, b.at))
	})
	kept := c.kept[:0]
	for i, p := range c.order {
		if i+1 < len(c.order) && p.rank == c.order[i+1].rank && compare(c.out, &members[p.at], &members[c.order[i+1].at]) == 0 {
			continue // the last of equal names wins, as in jsonb
		}
		kept = append(kept, members[p.at])
	}
	c.scratch = append(c.scratch[:0], c.out[start:]...)
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
	c.kept = kept
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
