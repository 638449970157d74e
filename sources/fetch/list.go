package fetch

import (
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

const (
	// maxElement is the longest list element kept whole, in bytes: the directory rejects a record over 4 MiB.
	maxElement = 4 << 20

	// maxEnvelope bounds, in bytes, all members outside of the list: links and counters, of less than 2 KiB.
	maxEnvelope = 64 << 10

	// maxMember is the longest member outside of the list that is kept, in bytes.
	maxMember = 16 << 10
)

// ListOptions says where the list stands in a body.
type ListOptions struct {
	// Lists are the accepted places of the list: {"accounts"} is a member of the top-level
	// object, {"payload", "list"} a member of one of its members. One or two names each.
	Lists [][]string

	// AllowBareArray accepts a body that is itself the array.
	AllowBareArray bool

	// Success is the text of the member status in a good answer, for ReadPage; "" where the provider defines none.
	Success string

	maxElement int // longest element kept whole, in bytes; 0 means 4 MiB
}

// An Element is one element of a list: any JSON value, checked for balanced brackets and
// terminated strings only.
type Element struct {
	// Raw is the element as sent. It is valid only during the call.
	Raw []byte

	// Oversize is set where the element is longer than 4 MiB: Raw is then its beginning.
	Oversize bool
}

// ReadList reads a JSON body as a stream and hands each element of its list to each, in order,
// holding no more than one element in memory. It returns the members outside of the list, those
// before it and those behind it.
//
// A body without its list is a *NoListError; one that is not JSON or ends early, a *BodyError. An
// error from each ends the reading and is returned as it is. An error can come after elements were
// handed over: a list is whole only if there was none.
func ReadList(r io.Reader, o ListOptions, each func(Element) error) (Envelope, error) {
	o.maxElement = cmp.Or(o.maxElement, maxElement)
	l := &listReader{scanner: newScanner(r), o: o, each: each}
	err := l.body()
	return l.env, err
}

type listReader struct {
	*scanner
	o     ListOptions
	found bool // the list was read
	each  func(Element) error
	env   Envelope
	size  int // bytes kept of the envelope
}

func (l *listReader) body() error {
	c, err := l.start()
	switch {
	case err != nil:
	case c == '{':
		err = l.object("")
	case c == '[' && l.o.AllowBareArray:
		err = l.list()
	default:
		err = l.keep("", "", c)
	}
	if err == nil {
		err = l.tail()
	}
	if err == nil && !l.found {
		err = &NoListError{Reason: "the body has no list where one belongs", Envelope: l.env}
	}
	return err
}

// object reads the top-level object, or the object in its member named outer, which may hold the list.
func (l *listReader) object(outer string) error {
	return l.scanner.each('}', func(c byte) error {
		if c != '"' {
			return l.unexpected(c)
		}
		raw, over, err := l.capture(maxMember)
		if err != nil {
			return err
		}
		if over {
			return l.fail(errors.New("a member's name is longer than 16 KiB"))
		}
		name, ok := unquote(raw)
		if !ok {
			name = string(raw[1 : len(raw)-1]) // nothing looks for such a name
		}
		if err := l.expect(':'); err != nil {
			return err
		}
		return l.member(outer, name)
	})
}

// member reads the value of the member outer.name: the list, an object that may hold it, or anything else.
func (l *listReader) member(outer, name string) error {
	c, err := l.next()
	if err != nil {
		return err
	}
	path := []string{name}
	if outer != "" {
		path = []string{outer, name}
	}
	switch {
	case c == '[' && slices.ContainsFunc(l.o.Lists, func(p []string) bool { return slices.Equal(p, path) }):
		return l.list()
	case c == '{' && outer == "" && name != "" && slices.ContainsFunc(l.o.Lists, func(p []string) bool { return len(p) == 2 && p[0] == name }):
		return l.object(name)
	default:
		return l.keep(outer, name, c)
	}
}

// keep reads a value outside of the list, which begins with c, into the envelope. It drops an object or array that is
// too long; a scalar could be the link to the next page, so that fails.
func (l *listReader) keep(outer, name string, c byte) error {
	raw, over, err := l.capture(maxMember)
	if err != nil {
		return err
	}
	nested := classes[c] == open
	switch l.size += len(outer) + len(name); {
	case over && nested && name == "": // the whole body: it is not a list
	case over && nested:
		l.env.Dropped = append(l.env.Dropped, name)
	case over:
		return l.fail(errors.New("a text outside of the list is longer than 16 KiB"))
	case classes[c] == scalar && !json.Valid(raw):
		return l.fail(errWord)
	case name != "":
		l.size += len(raw)
		l.env.set(outer, name, raw)
	}
	if l.size > maxEnvelope {
		return l.fail(errors.New("the members outside of the list are too long"))
	}
	return nil
}

var errWord = errors.New("a value is neither number, true, false nor null")

// list reads the array and hands out its elements.
func (l *listReader) list() error {
	if l.found {
		// Which of them counts cannot be known.
		return &NoListError{Reason: "the body has more than one list", Envelope: l.env}
	}
	l.found = true
	return l.scanner.each(']', func(byte) error {
		raw, over, err := l.capture(l.o.maxElement)
		if err != nil {
			return err
		}
		return l.each(Element{Raw: raw, Oversize: over})
	})
}

// ReadObject reads a body that is one JSON value of at most limit bytes and returns it as sent, checked
// for balanced brackets and terminated strings only. Not JSON, or cut: *BodyError; longer: ErrTooLarge.
func ReadObject(r io.Reader, limit int) ([]byte, error) {
	s := newScanner(r)
	s.whole = true
	c, err := s.start()
	if err != nil {
		return nil, err
	}
	raw, over, err := s.capture(limit)
	if err != nil {
		return nil, err
	}
	if over {
		return nil, ErrTooLarge
	}
	raw = slices.Clone(raw)
	if err := s.tail(); err != nil {
		return nil, err
	}
	if classes[c] == scalar && !json.Valid(raw) {
		return nil, s.fail(errWord)
	}
	return raw, nil
}
