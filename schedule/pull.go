package schedule

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"rollcall/model/drift"
	"rollcall/sink"
	"rollcall/sources"
)

// Batches in flight at once, which bound a run's memory: those between the
// listing and the comparison, and those between comparison and staging.
const (
	digestAhead = 2
	mapAhead    = 2
)

// atWork is how many of a run's steps compute at once. Postgres computes while
// rows are staged, and is what a run waits for most: staging counts as one, so that
// it is not kept from a core that both may share.
const atWork = 2

// A pull reads one listing into the staging table. Fetching a page, bringing it
// into canonical form, comparing it, mapping what differs and staging it
// overlap; the database is asked in the order of the listing, so that the last
// record of an account counts.
type pull struct {
	run      *sink.Run
	source   sources.Source
	provider string
	digest   *digester // of the goroutine that asks the database
	pulse    *pulse

	window   sources.Window
	replays  bool
	marked   string // the cursor noted last
	watch    func(Progress)
	progress Progress

	memory  *sink.ChunkCache // of the chunks of the listing before; nil where none are kept
	chunks  []sink.Chunk     // new ones, to be staged together
	records int64            // of all pages, repeated ones included

	workers  *sync.WaitGroup
	working  chan struct{} // full where atWork steps compute
	pages    int64
	parts    []error // parts of the connection that could not be read
	warnings warnings
	survey   drift.Survey // of the records that differ
}

// read reads the listing; where remembering, with what is remembered of the one
// before.
func (p *pull) read(ctx context.Context, remembering bool) (err error) {
	if remembering && remembers(p.source.Metadata()) {
		if p.memory, err = p.run.LoadChunks(ctx); err != nil {
			return err
		}
	}
	err = p.pull(ctx)
	if err == nil {
		err = p.recognize(ctx)
	}
	if !errors.Is(err, errConflict) {
		return err
	}
	// Rare enough to look at everything again, without memory.
	if err := p.run.Reset(ctx); err != nil {
		return err
	}
	p.memory, p.chunks, p.parts, p.warnings, p.pages, p.records = nil, nil, nil, warnings{}, 0, 0
	p.pulse.reset()
	return p.pull(ctx)
}

// pull reads the whole listing. An error means that it broke off.
func (p *pull) pull(ctx context.Context) error {
	if err := p.begin(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	p.workers, p.working = &workers, make(chan struct{}, atWork)
	defer workers.Wait()
	defer cancel()

	order := make(chan *batch, digestAhead)
	work := make(chan *batch, digestAhead)
	var broke error
	workers.Go(func() {
		defer close(order)
		defer close(work)
		broke = p.list(ctx, order, work)
	})
	for range min(runtime.GOMAXPROCS(0), digestAhead) {
		workers.Go(func() {
			d := newDigester(p.provider, p.source.Metadata(), p.memory)
			for b := range work {
				p.work(func() { d.digest(b) })
				close(b.ready)
			}
		})
	}
	if err := p.process(ctx, order); err != nil {
		return err
	}
	if broke == nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return broke
}

// list hands the listing's pages on until it ends or breaks off.
func (p *pull) list(ctx context.Context, order, work chan<- *batch) error {
	for page, err := range p.source.List(ctx, p.window, p.run.Resumed().Cursor) {
		var part *sources.PartError
		if errors.As(err, &part) {
			p.pulse.arrived("part", part.Part)
			p.parts = append(p.parts, err)
			continue
		}
		if err != nil {
			return err
		}
		if len(page.Records) == 0 {
			continue
		}
		b := &batch{page: page, news: p.news(page), ready: make(chan struct{}), mapped: make(chan struct{})}
		for _, to := range []chan<- *batch{work, order} {
			select {
			case to <- b:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	}
	return nil
}

// news reports whether the page has an account that none before it had. What
// becomes of any other page is no progress.
func (p *pull) news(page sources.Page) (news bool) {
	for i := range page.Records {
		news = p.pulse.arrived("of a page", page.Records[i].ID) || news
	}
	return news
}

// beat notes that a step of the batch is done.
func (p *pull) beat(b *batch) {
	if b.news {
		p.pulse.beat()
	}
}

// process compares and stages batches in the order of the listing.
func (p *pull) process(ctx context.Context, order <-chan *batch) error {
	var mapping []*batch
	stage := func() error {
		b := mapping[0]
		mapping = mapping[1:]
		<-b.mapped
		p.warnings.add(b.warned)
		p.survey.Add(b.shapes)
		p.beat(b)
		var err error
		p.work(func() { err = p.run.Stage(ctx, b.rows) })
		if err == nil {
			err = p.save(ctx, b)
		}
		b.release()
		if err == nil && len(p.chunks) >= chunksTogether {
			err = p.remember(ctx)
		}
		return err
	}
	for b := range order {
		select {
		case <-b.ready:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		p.pages++
		p.records += int64(len(b.page.Records))
		for _, place := range b.met {
			p.memory.Hit(place)
		}
		if err := p.compare(ctx, b); err != nil {
			return err
		}
		p.mark(b)
		p.advance(len(b.page.Records))
		if mapping = append(mapping, b); len(mapping) > mapAhead {
			if err := stage(); err != nil {
				return err
			}
		}
	}
	for len(mapping) > 0 {
		if err := stage(); err != nil {
			return err
		}
	}
	return p.remember(ctx)
}

// compare asks the directory which of the batch's accounts are new or differ,
// and has those mapped.
func (p *pull) compare(ctx context.Context, b *batch) error {
	if err := p.complete(ctx, b); err != nil {
		return err
	}
	p.within(b)
	if err := p.run.Reject(ctx, b.rejects); err != nil {
		return err
	}
	keys := make([]sink.Key, len(b.records))
	for i := range b.records {
		keys[i] = sink.Key{ExternalID: b.records[i].ID, Fingerprint: b.records[i].print, Lower: b.records[i].Lower}
	}
	differences, err := p.run.Compare(ctx, keys)
	if err != nil {
		return err
	}
	p.beat(b)
	for _, s := range b.fresh {
		p.note(s, keys)
	}
	if len(differences) == 0 {
		close(b.mapped)
		return nil
	}
	p.workers.Go(func() {
		defer close(b.mapped)
		p.work(func() { p.mapDifferent(b, differences) })
	})
	return nil
}

// mapDifferent maps what differs and encodes it for staging.
func (p *pull) mapDifferent(b *batch, differences []sink.Difference) {
	b.rows = takeArena(len(b.arena) / len(b.records) * len(differences))
	b.shapes = drift.Shapes{}
	for _, d := range differences {
		one := &b.records[d.Index]
		b.shapes.Note(one.canonical)
		a, found := accountOf(p.source, one)
		b.rows = p.run.Encode(b.rows, d, &a)
		for _, w := range found {
			b.warned = append(b.warned, warning{w, one.ID})
		}
	}
}

// work has step compute once fewer than atWork do.
func (p *pull) work(step func()) {
	p.working <- struct{}{}
	defer func() { <-p.working }()
	step()
}

// complete lays records of less than full detail over what is stored.
func (p *pull) complete(ctx context.Context, b *batch) error {
	var ids []string
	for i := range b.records {
		if b.records[i].needsStored() {
			ids = append(ids, b.records[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	stored, err := p.run.Stored(ctx, ids)
	if err != nil {
		return err
	}
	for i := range b.records {
		if one := &b.records[i]; one.needsStored() {
			if err := p.digest.complete(one, stored[one.ID]); err != nil {
				return err
			}
		}
	}
	return nil
}
