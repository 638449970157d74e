package audian

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"

	"rollcall/model/normalize"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// aheadOf is how many items are read ahead of the one whose record is due, for each worker. It is what the
// workers do while the next page is read, or while one account's details are late.
const aheadOf = 16

// A slot is the place of one item in the order of the listing.
type slot struct {
	item   item
	cursor string // continues the listing behind this item, or shortly before it

	done   chan struct{} // closed when what follows is set
	record sources.Record
	none   bool   // there is no record: the account is gone, or this is no account
	part   string // what err is about
	err    error
}

// A pipeline reads lists and asks for details at the same time. Items go in at one end, in the order of the
// listing, and leave in that order with their details.
type pipeline struct {
	source *source
	out    chan *slot // every item, in order
	work   chan *slot // those that need details
	err    error      // of the listing; set before out is closed

	running sync.WaitGroup
}

// start begins the listing that produce makes. It ends with ctx; wait for it then.
func (s *source) start(ctx context.Context, produce func(context.Context, *pipeline) error) *pipeline {
	p := &pipeline{
		source: s,
		out:    make(chan *slot, aheadOf*s.workers),
		work:   make(chan *slot, aheadOf*s.workers),
	}
	for range s.workers {
		p.running.Go(func() {
			for sl := range p.work {
				p.detail(ctx, sl)
				close(sl.done)
			}
		})
	}
	p.running.Go(func() {
		defer close(p.out)
		defer close(p.work)
		p.err = produce(ctx, p)
	})
	return p
}

// add puts an item in. It waits while too many are on their way.
func (p *pipeline) add(ctx context.Context, it item, cursor string) error {
	sl := &slot{item: it, cursor: cursor, done: make(chan struct{})}
	if err := p.put(ctx, sl); err != nil {
		return err
	}
	if !it.detailed() {
		p.work <- sl // the workers take it, also when ctx has ended
		return nil
	}
	p.source.client.Arrived("account", it.id)
	sl.record = it.record()
	close(sl.done)
	return nil
}

// fail puts in a part of the listing that could not be read.
func (p *pipeline) fail(ctx context.Context, part string, err error) error {
	sl := &slot{done: make(chan struct{}), none: true, part: part, err: err}
	close(sl.done)
	return p.put(ctx, sl)
}

func (p *pipeline) put(ctx context.Context, sl *slot) error {
	select {
	case p.out <- sl:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// detail makes the record of a slot.
func (p *pipeline) detail(ctx context.Context, sl *slot) {
	if sl.err = context.Cause(ctx); sl.err != nil {
		return
	}
	it := sl.item
	object, err := p.source.get(ctx, it.id)
	p.source.client.Arrived("account", it.id)
	switch {
	case err == nil:
		if it.raw = merge(it.raw, object); len(it.raw) > sources.MaxRecord {
			it.raw, it.oversize = it.raw[:oversizeBytes], true
		}
		sl.record = it.record()
	case fetch.IsGone(err):
		sl.none = true // deleted since the list was read
	case errors.Is(err, fetch.ErrTooLarge):
		it.oversize = true
		sl.record = it.record()
	default:
		sl.record = it.record()
		sl.record.Lower = true
		sl.part, sl.err = "account "+it.id, err
	}
}

// detailed tells whether nothing is to be asked for: the item is a full object (Audian's own list may hold
// those), or it cannot be taken.
func (it item) detailed() bool {
	if it.id == "" || it.oversize {
		return true
	}
	_, enabled := fetch.Member(it.raw, "enabled")
	_, created := fetch.Member(it.raw, "created")
	return enabled && created
}

func (it item) record() sources.Record {
	return sources.Record{ID: it.id, Raw: it.raw, Oversize: it.oversize, Parent: it.parent()}
}

// parent returns the nearest ancestor: the last of tree, which some lists end with the account itself. A placeholder
// such as "undefined" is no ancestor. "" is none.
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
