package schedule

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

// Progress is how far a run has come.
type Progress struct {
	Source   string
	Phase    Phase
	Records  int64 // read so far, those before a checkpoint included
	Expected int64 // an estimate of all records; 0 where it is unknown
	Resumed  int64 // those of Records before the checkpoint
	Pages    int64 // read so far
}

// A Phase of a run.
type Phase string

// The phases of a run, in their order.
const (
	Starting Phase = "starting" // it opens the connection, or waits for another run of it
	Reading  Phase = "reading"
	Applying Phase = "applying" // it judges deletions, then applies or plans
	Ended    Phase = "ended"
)

// report calls Watch, if it is set.
func (o Options) report(p Progress) {
	if o.Watch != nil {
		o.Watch(p)
	}
}

// resumable says whether the run keeps checkpoints: a listing of a backfill
// does. A replay asks no provider and is sooner run again.
func (o Options) resumable(c sources.Configured, t sources.Metadata) *sink.Resumable {
	if o.Trigger != Backfill || o.Replay {
		return nil
	}
	return &sink.Resumable{Period: period(o.Window), Conditions: conditions(c, t), Restart: o.Restart}
}

// period names a window, "" for all.
func period(w sources.Window) string {
	if w.Whole() {
		return ""
	}
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.UTC().Format(time.RFC3339Nano)
	}
	return at(w.Since) + ".." + at(w.Until)
}

// conditions hashes what must be the same for a listing to go on: what the
// provider is asked for, and what becomes of its answers. Secrets are not part
// of it, nor is how fast the connection is read.
func conditions(c sources.Configured, t sources.Metadata) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %s", c.Provider, t.Identity, t.Mapping, c.Shape()))
	return sum[:]
}

// whole tells whether the run, which read all that it asked for, has seen every
// account of the connection at one go.
func (p *pull) whole() bool {
	return p.window.Whole() && !p.replays && p.run.Resumed() == (sink.Mark{})
}

// within leaves only those of the batch's records that were created in the
// window. What was rejected tells no time and stays out, too.
func (p *pull) within(b *batch) {
	if p.window.Whole() {
		return
	}
	b.rejects = nil
	kept := b.records[:0]
	for i := range b.records {
		a, _ := accountOf(p.source, &b.records[i])
		if p.window.Holds(a.CreatedAt) {
			kept = append(kept, b.records[i])
		}
	}
	b.records = kept
}

// mark notes where the listing can go on once b is staged.
func (p *pull) mark(b *batch) {
	if b.page.Cursor == "" || p.digest.rules.Leaks([]byte(b.page.Cursor)) || b.page.Cursor == p.marked || !p.run.Resumable() {
		return
	}
	p.marked = b.page.Cursor
	m := p.run.Mark(b.page.Cursor, p.pages)
	b.mark = &m
}

// save checkpoints what mark noted.
func (p *pull) save(ctx context.Context, b *batch) error {
	if b.mark == nil {
		return nil
	}
	return p.run.Save(ctx, *b.mark)
}

// begin finds out how much there is to do, for those who watch.
func (p *pull) begin(ctx context.Context) (err error) {
	if p.watch == nil {
		return nil
	}
	p.progress = Progress{Source: p.run.Source, Phase: Reading, Resumed: p.run.Resumed().Records(), Pages: p.pages}
	p.progress.Records = p.progress.Resumed
	if p.window.Whole() {
		p.progress.Expected, err = p.run.Live(ctx)
	}
	p.watch(p.progress)
	return err
}

// advance reports a page of n records.
func (p *pull) advance(n int) {
	if p.watch != nil {
		p.progress.Records += int64(n)
		p.progress.Pages = p.pages
		p.watch(p.progress)
	}
}

// enter reports that the run enters a phase.
func (p *pull) enter(phase Phase) {
	if p.watch != nil {
		p.progress.Phase = phase
		p.watch(p.progress)
	}
}

// brokeOff is the error of a listing that broke off. One that went on from a
// checkpoint may have been refused its cursor.
func (p *pull) brokeOff(err error) error {
	resumed := p.run.Resumed()
	if err == nil || resumed == (sink.Mark{}) || p.pages > resumed.Pages {
		return err
	}
	return fmt.Errorf("%w (the listing went on from a checkpoint; if this stays so, begin anew: rollcall backfill %s --restart)", err, p.run.Source)
}
