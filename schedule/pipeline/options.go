package pipeline

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

// A Kind of run is what it reads, and whether it waits for another run of the
// connection, up to its TIMEOUT.
type Kind int

// The kinds of a run. The first four read the whole listing from its beginning.
const (
	Sync         Kind = iota // a person's; skipped where another run holds the connection
	SyncNamed                // waits
	AllowDeletes             // as SyncNamed, and carries out held deletions
	Scheduled                // gives way to another run
	Refresh                  // reads the accounts that webhook notifications named; gives way
	Backfill                 // reads the listing of Window, from the checkpoint if there is one; waits
	Restart                  // as Backfill, without the checkpoint
	Replay                   // maps the stored records of Window again, without the provider; waits
)

// Trigger is the kind's name in directory.runs.
func (k Kind) Trigger() string {
	switch k {
	case Scheduled:
		return "schedule"
	case Refresh:
		return "hook"
	case Backfill, Restart, Replay:
		return "backfill"
	}
	return "manual"
}

// unattended reports whether nobody waits for the run.
func (k Kind) unattended() bool { return k == Scheduled || k == Refresh }

func (k Kind) waits() bool { return k != Sync && !k.unattended() }

// Options are how a run is made.
type Options struct {
	Kind   Kind
	Window sources.Window // of Backfill, Restart and Replay: creation times; other accounts stay as they are
	Tick   time.Time      // of Scheduled: the tick that was claimed for the run; zero if none was

	// Watch, if set, is called at each page and each phase. It must not block.
	Watch func(Progress)

	// Plan, if set, is called with each change instead of its being made. The
	// run leaves no trace in the directory.
	Plan func(sink.Change) error
}

// whole reports whether the run reads all that the provider lists, from its
// beginning to its end.
func (o Options) whole() bool { return o.Kind < Refresh }

// resumable returns how the run keeps checkpoints, nil where it does not: a
// backfill's listing does.
func (o Options) resumable(c sources.Configured, t sources.Metadata) *sink.Resumable {
	if o.Kind != Backfill && o.Kind != Restart || o.Plan != nil {
		return nil
	}
	return &sink.Resumable{Period: period(o.Window), Conditions: conditions(c, t), Restart: o.Kind == Restart}
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

// conditions hashes what must be the same for a listing to continue: what is
// requested from the provider, and how its answers are mapped. Secrets are not
// part of it, nor is how fast the connection is read.
func conditions(c sources.Configured, t sources.Metadata) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %s", c.Provider, t.Identity, t.Mapping, c.Shape()))
	return sum[:]
}

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

// announce finds out how much there is to do, for those who watch.
func (p *run) announce(ctx context.Context) (err error) {
	if p.options.Watch == nil {
		return nil
	}
	p.progress = Progress{Source: p.session.Source, Phase: Reading, Resumed: p.session.Resumed().Records(), Pages: p.pages}
	p.progress.Records = p.progress.Resumed
	if p.options.Window.Whole() {
		p.progress.Expected, err = p.session.Live(ctx)
	}
	p.options.report(p.progress)
	return err
}

// advance reports a page of n records.
func (p *run) advance(n int) {
	p.progress.Records += int64(n)
	p.progress.Pages = p.pages
	p.options.report(p.progress)
}

// enter reports that the run enters a phase.
func (p *run) enter(phase Phase) {
	p.progress.Phase = phase
	p.options.report(p.progress)
}
