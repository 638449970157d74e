package fetch

import (
	"fmt"
	"hash/maphash"
	"net/http"
)

// A Page is one page of a listing without its elements: the members outside of the list, and what they and
// the header say about the rest of the listing.
type Page struct {
	Envelope

	// Elements is how many elements the list holds.
	Elements int

	claims
}

// ReadPage reads an answer as ReadList does. An answer that says that it is an error, or only a part, is an
// *AnswerError, whatever its list holds.
//
// The last page of a listing goes to [Tally.Complete], which checks that it is the last one.
func ReadPage(r *http.Response, o ListOptions, each func(Element) error) (p Page, err error) {
	p.Envelope, err = ReadList(r.Body, o, func(e Element) error {
		p.Elements++
		return each(e)
	})
	if err != nil {
		return p, err
	}
	p.claims = p.Envelope.claims(o.Success)
	p.claims.header(r.Header)
	return p, p.failure(p.Envelope)
}

// CheckAnswer returns an *AnswerError where the envelope around a single object says that the answer is an
// error. success is as in ListOptions.
func CheckAnswer(envelope []byte, success string) error {
	var e Envelope
	for name, value := range named(envelope) {
		if len(value) <= maxMember { // more is the object itself
			e.set("", name, value)
		}
	}
	c := e.claims(success)
	return c.failure(e)
}

// CheckObject is CheckAnswer for an object without an envelope: of its members only error, errors and success can be
// about the answer.
func CheckObject(object []byte) error {
	var e Envelope
	for _, name := range []string{"error", "errors", "success"} {
		if value, ok := Member(object, name); ok && len(value) <= maxMember {
			e.set("", name, value)
		}
	}
	c := e.claims("")
	return c.failure(e)
}

// failure returns an *AnswerError where the answer says that it is an error.
func (c *claims) failure(e Envelope) error {
	if c.failed == "" {
		return nil
	}
	return &AnswerError{Member: c.failed, Envelope: e}
}

// An AnswerError is an answer with status 200 that says that it is an error. It is not retried.
type AnswerError struct {
	Member   string // the member that says so
	Envelope Envelope
}

func (e *AnswerError) Error() string { return "the answer says that it is an error (" + e.Member + ")" }

// An IncompleteError is a listing that ends although the provider says that there is more.
type IncompleteError struct{ Reason string }

func (e *IncompleteError) Error() string {
	return "the listing is not complete: " + e.Reason + "; try again later, and ask the provider if it lasts"
}

// recentIDs is how many ids a Tally has room for, in 512 KiB: more than any page holds.
const recentIDs = 1 << 16

// probes is how many places a hash may have. At half load hardly any id is forgotten.
const probes = 32

// A Tally counts the pages and elements of one listing. The zero Tally is ready.
//
// An id that comes again counts once, as far as the Tally remembers: a listing of more than recentIDs elements can
// repeat an old one unnoticed. Its count is then too high, never too low.
type Tally struct {
	// Resumed says that the listing did not begin at its first page: totals say nothing about the rest of it.
	Resumed bool

	elements, pages int64
	last            claims // of the page before

	recent []uint64 // hashes of ids, each at one of its places; 0 is a free place
}

// seed belongs to this process: hashes are never stored.
var seed = maphash.MakeSeed()

// Add counts an element; id is "" where it has none.
func (t *Tally) Add(id string) {
	if id != "" && t.seen(max(1, maphash.String(seed, id))) {
		return
	}
	t.elements++
}

// seen reports whether the hash is among the recent ones, and puts it there.
func (t *Tally) seen(hash uint64) bool {
	if t.recent == nil {
		t.recent = make([]uint64, recentIDs)
	}
	for i := range uint64(probes) {
		switch place := &t.recent[(hash+i)%recentIDs]; *place {
		case hash:
			return true
		case 0:
			*place = hash
			return false
		}
	}
	t.recent[hash%recentIDs] = hash // no place is free: the id that was there is forgotten
	return false
}

// Elements returns how many elements were counted.
func (t *Tally) Elements() int64 { return t.elements }

// Turn counts p as the listing's next page. Its totals become the smallest that any page named: accounts come and go
// while they are listed.
func (t *Tally) Turn(p *Page) {
	t.pages++
	p.total, p.pages = p.total.least(t.last.total), p.pages.least(t.last.pages)
	t.last = p.claims
}

// Complete returns an *IncompleteError where p, the last page of the listing, says that there is more: a link to a
// next page, more pages or more elements than were counted.
func (t *Tally) Complete(p Page) error {
	switch {
	case p.more != "":
		return &IncompleteError{fmt.Sprintf("the last page says that more follows (%s)", p.more)}
	case t.Resumed:
		return nil
	case p.total.n > t.elements:
		return &IncompleteError{fmt.Sprintf("it ends after %d of %d records (%s)", t.elements, p.total.n, p.total.member)}
	case p.pages.n > t.pages:
		return &IncompleteError{fmt.Sprintf("it ends after %d of %d pages (%s)", t.pages, p.pages.n, p.pages.member)}
	}
	return nil
}
