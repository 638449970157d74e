// Package drift surveys what payloads consist of: paths, JSON types and counts, so
// that a provider's change of its objects is noticed.
package drift

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"rollcall/model/canon"
)

// A Type is a set of JSON types.
type Type uint8

// The JSON types.
const (
	TypeArray Type = 1 << iota
	TypeBoolean
	TypeNull
	TypeNumber
	TypeObject
	TypeString
)

// typeNames are as jsonb_typeof gives them, in the order of the bits.
var typeNames = []string{"array", "boolean", "null", "number", "object", "string"}

// Names returns the names of the types.
func (t Type) Names() (names []string) {
	for i, name := range typeNames {
		if t&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// TypesOf returns the set of the types with those names.
func TypesOf(names []string) (t Type) {
	for _, name := range names {
		if i := slices.Index(typeNames, name); i >= 0 {
			t |= 1 << i
		}
	}
	return t
}

// typeOf returns the type of a canonical value.
func typeOf(v []byte) Type {
	if len(v) == 0 {
		return TypeNull
	}
	switch v[0] {
	case '{':
		return TypeObject
	case '[':
		return TypeArray
	case '"':
		return TypeString
	case 't', 'f':
		return TypeBoolean
	case 'n':
		return TypeNull
	default:
		return TypeNumber
	}
}

// Limits of the fields of a provider, which may use ids as names of members.
const (
	MaxFields     = 1000 // of a provider; the rest is not counted
	maxFieldNames = 64   // members of one object; more are counted as one, *
	maxFieldName  = 64   // bytes; a longer name is counted as *
	anyName       = "*"
	eachItem      = "[]"
)

// A Field is a member of a provider's objects, at any depth.
type Field struct {
	Path  string // a.b; the items of an array are a[], members of any name a.*
	Types Type
	Count int64 // of objects, or of the items in them
}

// Fields are the fields of a provider's objects.
type Fields struct {
	top   node
	paths int
}

type node struct {
	Field
	below map[string]*node
	any   bool // its members have so many names that all are counted as *
}

// Empty reports whether no field was counted.
func (f *Fields) Empty() bool { return f == nil || f.paths == 0 }

// add counts the fields of n objects like the canonical one.
func (f *Fields) add(canonical []byte, n int64) { f.value(&f.top, canonical, n, 0) }

func (f *Fields) value(at *node, v []byte, n int64, depth int) {
	if depth == maxShapeDepth {
		return
	}
	isArray := typeOf(v) == TypeArray
	for name, value := range canon.Each(v) {
		part := eachItem
		if !isArray {
			part = pathName(name)
		}
		if below := f.below(at, part); below != nil {
			below.Types |= typeOf(value)
			below.Count += n
			f.value(below, value, n, depth+1)
		}
	}
}

// pathName returns the member's name for a path: * for a name that has a character
// of the path syntax, or that no programmer would give.
func pathName(quoted []byte) string {
	odd := func(r rune) bool { return r < ' ' || strings.ContainsRune(`.[]*"\`, r) }
	if len(quoted) == 0 || len(quoted) > maxFieldName || bytes.IndexFunc(quoted, odd) >= 0 {
		return anyName
	}
	return string(quoted)
}

// below finds or adds the field of that name; nil where there are too many.
func (f *Fields) below(at *node, name string) *node {
	if at.any && name != eachItem {
		name = anyName
	}
	if known := at.below[name]; known != nil {
		return known
	}
	if len(at.below) >= maxFieldNames && name != eachItem && name != anyName {
		f.collapse(at)
		return f.below(at, name)
	}
	if f.paths >= MaxFields {
		return nil
	}
	if at.below == nil {
		at.below = map[string]*node{}
	}
	fresh := &node{Field: Field{Path: join(at.Path, name)}}
	at.below[name] = fresh
	f.paths++
	return fresh
}

// collapse merges all members of at into one, *.
func (f *Fields) collapse(at *node) {
	names := at.below
	at.any, at.below = true, map[string]*node{}
	for name, below := range names {
		f.paths -= below.size()
		if name == eachItem {
			at.below[name] = below
			f.paths += below.size()
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if name != eachItem {
			f.join(at, name, names[name])
		}
	}
}

// join adds a field, and those below it, to the fields of at.
func (f *Fields) join(at *node, name string, other *node) {
	to := f.below(at, name)
	if to == nil {
		return
	}
	to.Types |= other.Types
	to.Count += other.Count
	for _, name := range slices.Sorted(maps.Keys(other.below)) {
		f.join(to, name, other.below[name])
	}
}

// size returns the number of fields, n and those below it.
func (n *node) size() int {
	size := 1
	for _, below := range n.below {
		size += below.size()
	}
	return size
}

// Merge merges the fields with those that are known: now are the fields of f with
// all their types, and with the counts of f alone; gone are the known paths that
// became part of another.
func (f *Fields) Merge(known []Field) (now []Field, gone []string) {
	var all Fields
	for _, k := range known {
		at := &all.top
		for _, name := range split(k.Path) {
			if at = all.below(at, name); at == nil {
				break
			}
		}
		if at != nil {
			at.Types |= k.Types
		}
	}
	all.top.markAny()
	for _, name := range slices.Sorted(maps.Keys(f.top.below)) {
		all.join(&all.top, name, f.top.below[name])
	}
	there := map[string]bool{}
	all.top.each(func(one Field) {
		there[one.Path] = true
		if one.Count > 0 {
			now = append(now, one)
		}
	})
	for _, k := range known {
		if !there[k.Path] {
			gone = append(gone, k.Path)
		}
	}
	slices.SortFunc(now, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	return now, gone
}

// markAny finds the objects whose names are counted as one: their only member is *.
func (n *node) markAny() {
	others := len(n.below)
	for _, name := range []string{anyName, eachItem} {
		if n.below[name] != nil {
			others--
		}
	}
	n.any = n.below[anyName] != nil && others == 0
	for _, below := range n.below {
		below.markAny()
	}
}

func (n *node) each(visit func(Field)) {
	for _, below := range n.below {
		visit(below.Field)
		below.each(visit)
	}
}

func join(path, name string) string {
	if path == "" || name == eachItem {
		return path + name
	}
	return path + "." + name
}

// split returns the names in a path.
func split(path string) []string {
	path = strings.ReplaceAll(path, eachItem, "."+eachItem)
	return strings.Split(strings.TrimPrefix(path, "."), ".")
}
