package drift

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"rollcall/model/canon"
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
	key := shapeOf(canonical, 0)
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

// shapeOf mixes the shape of a canonical value into one number.
func shapeOf(v []byte, depth int) uint64 {
	kind := typeOf(v)
	sum := mix(0, uint64(kind))
	if depth == maxShapeDepth {
		return sum
	}
	var last uint64
	for name, value := range canon.Each(v) {
		one := shapeOf(value, depth+1)
		if kind == TypeObject {
			one = mix(maphash.Bytes(shapeSeed, name), one)
		} else if one == last {
			continue // a list of a thousand has the shape of a list of one
		}
		last = one
		sum = mix(sum, one)
	}
	return sum
}

// mix makes one number of two, in which their order counts.
func mix(a, b uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio, which spreads bits
	sum := (bits.RotateLeft64(a, 23) + b + odd) * odd
	return sum ^ sum>>29
}
