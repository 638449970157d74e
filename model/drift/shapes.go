package drift

import (
	"bytes"
	"hash/maphash"
	"math/bits"

	"rollcall/model/canon"
)

// maxShapeDepth is how many levels of objects and arrays are surveyed: deeper ones
// are a customer's own, and unbounded.
const maxShapeDepth = 6

var shapeSeed = maphash.MakeSeed()

// Shapes counts canonical objects by their shape: the names and types of their
// members. Most objects of a provider have one of a few shapes, so that only
// one object of each has to be surveyed.
type Shapes map[uint64]*shape

type shape struct {
	sample []byte
	count  int64
}

// Note counts an object, and keeps a reference to it.
func (s Shapes) Note(canonical []byte) {
	key := shapeOf(canonical, 0)
	if known := s[key]; known != nil {
		known.count++
		return
	}
	s[key] = &shape{sample: canonical, count: 1}
}

// Limits of the samples that a run keeps before it counts their fields.
const (
	maxShapes      = 256
	maxShapeSample = 1 << 20 // bytes of all
)

// A Survey collects the fields of a run's objects, in bounded memory.
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
			s.flush()
		}
	}
}

// flush counts the fields of the samples, and drops those.
func (s *Survey) flush() {
	for _, one := range s.shapes {
		s.fields.add(one.sample, one.count)
	}
	clear(s.shapes)
	s.size = 0
}

// Fields returns the fields of all objects.
func (s *Survey) Fields() *Fields {
	s.flush()
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

// mix combines two numbers into one; their order counts.
func mix(a, b uint64) uint64 {
	const odd = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio, which spreads bits
	sum := (bits.RotateLeft64(a, 23) + b + odd) * odd
	return sum ^ sum>>29
}
