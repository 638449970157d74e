package model

import (
	"bytes"
	"hash/maphash"
	"math/bits"
)

// maxShapeDepth is how many objects and arrays deep fields are told apart: what
// is deeper is a customer's own, and has no end.
const maxShapeDepth = 6

var shapeSeed = maphash.MakeSeed()

// Shapes counts canonical objects by their shape: the names and types of their
// members. Most objects of a provider have one of a few shapes, so that only
// one of each has to be looked at closely.
type Shapes map[uint64]*shape

type shape struct {
	sample []byte
	count  int64
}

// Note counts an object, and keeps it as long as Shapes is kept.
func (s Shapes) Note(canonical []byte) {
	key, _ := shapeOf(canonical, 0, 0)
	if known := s[key]; known != nil {
		known.count++
		return
	}
	s[key] = &shape{sample: canonical, count: 1}
}

// Limits of the shapes that a run keeps until it looks at them.
const (
	maxShapes      = 256
	maxShapeSample = 1 << 20 // bytes of all
)

// A Survey is what the objects of a run are made of, in bounded memory.
type Survey struct {
	shapes Shapes
	size   int
	fields Fields
}

// Add counts what shapes counted.
func (s *Survey) Add(shapes Shapes) {
	if s.shapes == nil {
		s.shapes = Shapes{}
	}
	for key, found := range shapes {
		if known := s.shapes[key]; known != nil {
			known.count += found.count
			continue
		}
		s.shapes[key] = &shape{sample: bytes.Clone(found.sample), count: found.count}
		if s.size += len(found.sample); len(s.shapes) >= maxShapes || s.size >= maxShapeSample {
			s.look()
		}
	}
}

// look looks at what was kept.
func (s *Survey) look() {
	for _, one := range s.shapes {
		s.fields.add(one.sample, one.count)
	}
	clear(s.shapes)
	s.size = 0
}

// Fields returns the fields of all objects.
func (s *Survey) Fields() *Fields {
	s.look()
	return &s.fields
}

// shapeOf mixes the shape of the canonical value at b[at] into one number, and
// returns where the value ends.
func shapeOf(b []byte, at, depth int) (sum uint64, end int) {
	kind := typeOf(b, at)
	sum = mix(0, uint64(kind))
	switch {
	case kind == TypeString:
		return sum, endOfText(b, at)
	case kind&(TypeObject|TypeArray) == 0 || depth == maxShapeDepth:
		return sum, endOf(b, at)
	}
	var last uint64
	for at++; at < len(b) && b[at] != '}' && b[at] != ']'; {
		var one uint64
		if kind == TypeObject {
			colon := endOfText(b, at)
			if colon >= len(b) {
				break // not canonical
			}
			one = maphash.Bytes(shapeSeed, b[at:colon])
			at = colon + 1
		}
		inner, after := shapeOf(b, at, depth+1)
		if after <= at {
			break // not canonical
		}
		one = mix(one, inner)
		if at = after; at < len(b) && b[at] == ',' {
			at++
		}
		if kind == TypeArray && one == last {
			continue // a list of a thousand has the shape of a list of one
		}
		last = one
		sum = mix(sum, one)
	}
	return sum, at + 1
}

// mix makes one number of two, in which their order counts.
func mix(a, b uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio, which spreads bits
	sum := (bits.RotateLeft64(a, 23) + b + odd) * odd
	return sum ^ sum>>29
}

// endOfText returns where the canonical string that begins at b[at] ends, as
// endOf does, at the speed of memory: strings are most of an object.
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
