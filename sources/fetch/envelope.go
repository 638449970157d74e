package fetch

import (
	"encoding/json"
	"slices"
)

// An Envelope holds the members of a body outside of its list.
type Envelope struct {
	// Dropped names the objects and arrays outside of the list that were too long to keep.
	Dropped []string

	members map[path][]byte
}

// A path names a member: of the top-level object, or of its member outer.
type path struct{ outer, name string }

// String returns the path as it is shown.
func (p path) String() string {
	if p.outer == "" {
		return p.name
	}
	return p.outer + "." + p.name
}

// Get returns the raw value of a member by its path: one name, or two for a member of an object
// that was searched for the list. It is nil where it is missing.
func (e Envelope) Get(names ...string) []byte {
	switch len(names) {
	case 1:
		return e.members[path{"", names[0]}]
	case 2:
		return e.members[path{names[0], names[1]}]
	default:
		return nil
	}
}

// Text returns a member that is a string, unescaped, or an integer, as it was sent. It is "" where the member
// is missing, null or anything else: check Get where the difference matters.
func (e Envelope) Text(names ...string) string {
	return text(e.Get(names...), maxMember)
}

// JSON returns the members of the top-level object, as far as they are kept.
func (e Envelope) JSON() []byte {
	whole := map[string]json.RawMessage{}
	for p, raw := range e.members {
		if p.outer == "" && json.Valid(raw) {
			whole[p.name] = raw
		}
	}
	out, err := json.Marshal(whole)
	if err != nil {
		return nil // not with members that are valid
	}
	return out
}

// set keeps a copy of a member; of several with one name the last, as encoding/json has it.
func (e *Envelope) set(outer, name string, raw []byte) {
	if e.members == nil {
		e.members = map[path][]byte{}
	}
	e.members[path{outer, name}] = slices.Clone(raw)
}
