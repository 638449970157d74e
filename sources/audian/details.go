package audian

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"rollcall/model/normalize"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// aheadOf is how many items are read ahead of the one whose record is due, for each request at once. Their details
// are fetched while the next page is read, or while one account's details are late.
const aheadOf = 16

// An entry is one item of the listing with its record, or a part of it that could not be read.
type entry struct {
	item   item
	cursor string // continues the listing behind this item, or shortly before it

	record sources.Record
	none   bool   // there is no record: the account is deleted, or this is no account
	part   string // what err is about
	err    error
}

// entries yields the items of the lists with their records, in the order of the listing.
func (s *source) entries(ctx context.Context, cursor string) iter.Seq2[entry, error] {
	items := func(ctx context.Context) iter.Seq2[entry, error] {
		return sources.Emit(func(emit func(entry, error) error) error {
			return s.below(ctx, cursor, func(e entry) error { return emit(e, nil) })
		})
	}
	return sources.InOrder(ctx, aheadOf*s.workers, items, s.detail)
}

// detail makes the record of an entry. What fails is the entry's error, and ends nothing.
func (s *source) detail(ctx context.Context, e entry) (entry, error) {
	if e.none {
		return e, nil
	}
	it := &e.item
	if it.detailed() {
		s.client.Arrived("account", it.id)
		e.record = it.record()
		return e, nil
	}
	object, err := s.get(ctx, it.id)
	s.client.Arrived("account", it.id)
	switch {
	case err == nil:
		if it.raw = merge(it.raw, object); len(it.raw) > sources.MaxRecord {
			it.raw, it.oversize = it.raw[:oversizeBytes], true
		}
	case fetch.IsGone(err):
		e.none = true // deleted since the list was read
		return e, nil
	case errors.Is(err, fetch.ErrTooLarge):
		it.oversize = true
	default:
		e.part, e.err = "account "+it.id, err
	}
	e.record = it.record()
	e.record.Lower = e.err != nil
	return e, nil
}

// detailed reports whether there is nothing to fetch: the item is a full object (Audian's own list may hold
// those), in either of its shapes, or it is rejected.
func (it item) detailed() bool {
	if it.id == "" || it.oversize {
		return true
	}
	has := func(name string) bool { _, ok := fetch.Member(it.raw, name); return ok }
	return has("enabled") && has("created") || has("status") && has("createdAt")
}

func (it item) record() sources.Record {
	return sources.Record{ID: it.id, Raw: it.raw, Oversize: it.oversize, Parent: it.parent()}
}

// parent returns the nearest ancestor: the last of tree, which some lists end with the account itself. A placeholder
// such as "undefined" is no ancestor. A root has "".
func (it item) parent() string {
	tree, _ := fetch.Member(it.raw, "tree")
	var ancestors []json.RawMessage
	if json.Unmarshal(tree, &ancestors) != nil {
		return ""
	}
	for _, ancestor := range slices.Backward(ancestors) {
		object := append(append([]byte(`{"id":`), ancestor...), '}')
		if id := fetch.ID(object, "id"); id != it.id && !normalize.Placeholder(id) {
			return id
		}
	}
	return ""
}

// merge lays the detail over the item of a list: one object, in which the item's tree stays.
func merge(listed, detail []byte) []byte {
	tree, ok := fetch.Member(listed, "tree")
	out := make([]byte, 0, len(listed)+len(detail)+len(tree)+len(`,,"tree":}`))
	out = append(out, listed[:len(listed)-1]...)
	out = append(out, ',')
	out = append(out, detail[1:len(detail)-1]...) // of equal names the last one wins
	if ok {
		out = append(out, `,"tree":`...)
		out = append(out, tree...)
	}
	return append(out, '}')
}
