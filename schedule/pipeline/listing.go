package pipeline

import (
	"context"
	"errors"
	"iter"

	"rollcall/model/drift"
	"rollcall/sink"
	"rollcall/sources"
)

// A batch is one page on its way: canonical, compared, mapped, staged.
type batch struct {
	page    sources.Page
	news    bool        // it has an account that no page before it had
	records []canonical // each account once
	rejects []sink.Reject

	met   []int     // places in the memory of the chunks that came again
	fresh []stretch // chunks that may be remembered

	differences []sink.Difference
	rows        []byte       // what differs, encoded for staging
	shapes      drift.Shapes // of what differs
	warned      []warning
	mark        *sink.Mark // to be saved once the rows are staged
}

// fetch yields the pages of the listing, and keeps the parts that could not be
// read.
func (p *run) fetch(ctx context.Context) iter.Seq2[*batch, error] {
	return func(yield func(*batch, error) bool) {
		for page, err := range p.source.List(ctx, p.options.Window, p.session.Resumed().Cursor) {
			var part *sources.PartError
			switch {
			case errors.As(err, &part):
				p.watchdog.arrived("part", part.Part)
				p.parts = append(p.parts, err)
			case err == nil && len(page.Records) == 0:
			case !yield(&batch{page: page, news: p.watchdog.news(page)}, err) || err != nil:
				return
			}
		}
	}
}

// compare finds out which of the page's accounts are new or differ.
func (p *run) compare(ctx context.Context, b *batch) (err error) {
	p.pages++
	p.records += int64(len(b.page.Records))
	for _, place := range b.met {
		p.memory.Hit(place)
	}
	if err := p.canon.overlay(ctx, b.records); err != nil {
		return err
	}
	p.within(b)
	if err := p.session.Reject(ctx, b.rejects); err != nil {
		return err
	}
	keys := make([]sink.Key, len(b.records))
	for i := range b.records {
		keys[i] = b.records[i].key()
	}
	if b.differences, err = p.session.Compare(ctx, keys); err != nil {
		return err
	}
	p.beat(b)
	for _, s := range b.fresh {
		p.note(s, keys)
	}
	p.mark(b)
	p.advance(len(b.page.Records))
	return nil
}

// within leaves only those of the batch's records that were created in the
// window. A reject has no creation time and stays out, too.
func (p *run) within(b *batch) {
	if p.options.Window.Whole() {
		return
	}
	b.rejects = nil
	kept := b.records[:0]
	for i := range b.records {
		a, _ := accountOf(p.source, &b.records[i])
		if p.options.Window.Holds(a.CreatedAt) {
			kept = append(kept, b.records[i])
		}
	}
	b.records = kept
}

// mark notes where the listing can continue once b is staged.
func (p *run) mark(b *batch) {
	cursor := b.page.Cursor
	if cursor == "" || p.metadata.Rules.Leaks([]byte(cursor)) || cursor == p.marked || !p.session.Resumable() {
		return
	}
	p.marked = cursor
	m := p.session.Mark(cursor, p.pages)
	b.mark = &m
}

// rowRoom is how many bytes the columns of a row have in addition to its payload, mostly.
const rowRoom = 512

// mapDifferent maps what differs and encodes it for staging.
func (p *run) mapDifferent(_ context.Context, b *batch) (*batch, error) {
	b.shapes = drift.Shapes{}
	size := 0
	for _, d := range b.differences {
		size += len(b.records[d.Index].object) + rowRoom
	}
	b.rows = make([]byte, 0, size)
	for _, d := range b.differences {
		one := &b.records[d.Index]
		b.shapes.Note(one.object)
		a, found := accountOf(p.source, one)
		b.rows = p.session.Encode(b.rows, d, &a)
		for _, w := range found {
			b.warned = append(b.warned, warning{w, one.ID})
		}
	}
	b.records = nil
	return b, nil
}

// stage stages what differs, and what is remembered of the listing.
func (p *run) stage(ctx context.Context, b *batch) error {
	p.warnings.add(b.warned)
	p.survey.Add(b.shapes)
	if err := p.session.Stage(ctx, b.rows); err != nil {
		return err
	}
	p.beat(b)
	if b.mark != nil {
		if err := p.session.Save(ctx, *b.mark); err != nil {
			return err
		}
	}
	if len(p.chunks) >= chunksTogether {
		return p.remember(ctx)
	}
	return nil
}

// beat notes that a step of the batch is done. What becomes of a page that has
// only accounts of pages before it is no progress.
func (p *run) beat(b *batch) {
	if b.news {
		p.watchdog.beat()
	}
}
