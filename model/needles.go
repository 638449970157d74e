package model

import (
	"bytes"
	"encoding/binary"
)

const (
	gramSize = 4  // bytes that are looked at together
	gramBits = 14 // of the hash of a gram
)

// needles tells whether a text holds one of some values, for a fraction of what
// it costs to look for each: only a few bytes at every so manieth place are
// looked at, so far from one another that no value fits in between.
type needles struct {
	values  [][]byte
	longest int
	stride  int
	grams   []uint64 // a bit for the hash of each gram a place may show of a value
}

// newNeedles takes values of at least gramSize bytes.
func newNeedles(values [][]byte) *needles {
	n := &needles{values: values, grams: make([]uint64, 1<<gramBits/64)}
	for _, v := range values {
		n.longest = max(n.longest, len(v))
		if stride := len(v) - gramSize + 1; n.stride == 0 || stride < n.stride {
			n.stride = stride
		}
	}
	for _, v := range values {
		for at := range n.stride {
			h := gram(v[at:])
			n.grams[h/64] |= 1 << (h % 64)
		}
	}
	return n
}

// gram hashes the first bytes of b.
func gram(b []byte) uint32 {
	return binary.LittleEndian.Uint32(b) * 0x9e3779b1 >> (32 - gramBits)
}

// in tells whether text holds one of the values.
func (n *needles) in(text []byte) bool {
	if n == nil {
		return false
	}
	for at := 0; at+gramSize <= len(text); at += n.stride {
		if h := gram(text[at:]); n.grams[h/64]&(1<<(h%64)) != 0 && n.around(text, at) {
			return true
		}
	}
	return false
}

// around tells whether one of the values covers the place.
func (n *needles) around(text []byte, at int) bool {
	near := text[max(0, at-n.longest):min(len(text), at+n.longest)]
	for _, v := range n.values {
		if bytes.Contains(near, v) {
			return true
		}
	}
	return false
}
