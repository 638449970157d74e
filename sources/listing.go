package sources

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"rollcall/sources/fetch"
)

// ErrStopped ends a listing whose consumer wants no more of it: the methods of Pages return it.
var ErrStopped = errors.New("the consumer stopped")

// Emit makes a sequence of produce. An error that emit returns must end produce;
// any other error that produce returns is yielded at the end.
func Emit[T any](produce func(emit func(T, error) error) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := produce(func(v T, err error) error {
			if !yield(v, err) {
				return ErrStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, ErrStopped) {
			var none T
			yield(none, err)
		}
	}
}

// Listing makes the sequence that List returns of read, which adds records to p.
// An error of p's methods must end read; any other error that read returns is
// yielded at the end.
func Listing(read func(p *Pages) error) iter.Seq2[Page, error] {
	return Emit(func(emit func(Page, error) error) error {
		p := &Pages{emit: emit}
		if err := read(p); err != nil {
			return err
		}
		return p.Flush()
	})
}

// Pages yields the records of a listing as pages of bounded size.
type Pages struct {
	emit   func(Page, error) error
	batch  Batch
	full   bool
	cursor string // behind the last record
}

// Add adds a record, of which it copies Raw; cursor continues the listing behind
// it, "" where nothing does. A full page waits for one more record, so that the
// last record of the provider's page can still get its cursor from [Pages.At].
func (p *Pages) Add(r Record, cursor string) error {
	if p.full {
		if err := p.Flush(); err != nil {
			return err
		}
	}
	p.full = p.batch.Add(r)
	p.cursor = cursor
	return nil
}

// At sets the cursor behind the last record, and flushes.
func (p *Pages) At(cursor string) error {
	p.cursor = cursor
	if cursor != "" && p.batch.Len() == 0 {
		return p.emit(Page{Cursor: cursor}, nil)
	}
	return p.Flush()
}

// Flush yields what was added.
func (p *Pages) Flush() error {
	if p.batch.Len() == 0 {
		return nil
	}
	page := p.batch.Take(p.cursor)
	p.full, p.cursor = false, ""
	return p.emit(page, nil)
}

// Part reports a part that could not be read; the listing continues.
func (p *Pages) Part(part string, err error) error {
	return p.emit(Page{}, &PartError{Part: part, Err: err})
}

// Reset drops what was added and not yet yielded: a request that failed is sent
// again.
func (p *Pages) Reset() { p.batch, p.full, p.cursor = Batch{}, false, "" }

// LookUp is a Lookup where GET ref answers the account itself, whose id is its
// member idMember.
func LookUp(ctx context.Context, client *fetch.Client, ref, idMember, id string) (Record, error) {
	if id == "" || id == "." || id == ".." {
		return Record{}, fmt.Errorf("%q is not the id of an account: in a path it means something else", id)
	}
	var raw []byte
	err := client.Get(ctx, ref, nil, func(res *http.Response) (err error) {
		raw, err = fetch.ReadObject(res.Body, MaxRecord)
		return err
	})
	switch {
	case fetch.IsGone(err):
		return Record{}, fmt.Errorf("%w: %w", ErrGone, err)
	case err != nil:
		return Record{}, err
	case fetch.ID(raw, idMember) != id:
		return Record{}, fmt.Errorf("the answer is another account than %s: its %s differs", id, idMember)
	}
	return Record{ID: id, Raw: raw}, nil
}
