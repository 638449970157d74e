// Package pipeline is one run of one connection: list its accounts, bring them
// into canonical form, compare them with the directory, map and stage what
// differs, judge what is missing, and apply.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/model/drift"
	"rollcall/sink"
	"rollcall/sources"
)

// A Runner runs connections against one directory.
type Runner struct {
	DB  *sqlx.DB
	Log *slog.Logger

	// Open opens a connection; it is called for each run, so that a rotated
	// secret is seen. The source calls arrived as sources.Connection says.
	Open func(ctx context.Context, c sources.Configured, log *slog.Logger, arrived func(kind, id string)) (sources.Source, error)
}

// A Result is how a run of one connection ended. Err is why it did not succeed;
// a run can be partial and have both.
type Result struct {
	Source string
	RunID  int64
	sink.Report
	Took time.Duration
	Err  error
}

// A run reads one connection, over a session that holds it.
type run struct {
	session    *sink.Run
	source     sources.Source
	metadata   sources.Metadata
	connection sources.Configured
	options    Options
	log        *slog.Logger
	watchdog   *watchdog
	canon      *canonicalizer      // of the steps that use the session
	spare      chan *canonicalizer // for the next pages: each has learned the names of members
	progress   Progress
	found
}

// found is what a run has read so far.
type found struct {
	pages    int64
	records  int64   // of all pages, repeated ones included
	repeats  bool    // an account came more than once
	parts    []error // of the connection that could not be read
	warnings warnings
	survey   drift.Survey // of the records that differ
	marked   string       // the cursor noted last

	memory *sink.ChunkCache // of the chunks of the listing before; nil where none are kept
	chunks []sink.Chunk     // new ones, to be staged together
}

// Run reads one connection and applies what it has read.
func (r *Runner) Run(ctx context.Context, c sources.Configured, o Options) Result {
	began := time.Now()
	result := Result{Source: c.Name}
	o.report(Progress{Source: c.Name, Phase: Starting})
	defer o.report(Progress{Source: c.Name, Phase: Ended})
	log := r.Log.With("source", c.Name)
	err := r.run(ctx, c, o, log, &result)
	result.Err, result.Took = clean(c.Secrets, err), time.Since(began)
	result.logEnd(log, o)
	return result
}

// run opens the connection, takes it in the directory, updates the directory
// and records how that ended.
func (r *Runner) run(ctx context.Context, c sources.Configured, o Options, log *slog.Logger, result *Result) error {
	watchdog := newWatchdog(c.Timeout)
	opening, cancel := context.WithTimeoutCause(ctx, c.Timeout, errNoProgress{after: c.Timeout})
	source, err := r.Open(opening, c, log, watchdog.arrived) // reads files
	cancel()
	if err != nil {
		return r.fail(ctx, c, o, err, result)
	}
	defer source.Close()

	session, err := r.begin(ctx, c, o, o.resumable(c, source.Metadata()))
	switch {
	case errors.Is(err, sink.ErrBusy) && o.Kind == Sync && o.Plan == nil:
		result.Status = "skipped"
		return sink.Skip(ctx, r.DB, c.Name)
	case errors.Is(err, sink.ErrBusy) && !o.Kind.unattended():
		return fmt.Errorf("%w: still after %v (TIMEOUT); try again once it has ended (rollcall runs)", err, c.Timeout)
	case err != nil:
		return err
	}
	defer session.Close(ctx)
	ctx, unbind := session.Bind(ctx)
	defer unbind()
	result.RunID = session.ID
	log = log.With("run", session.ID)
	log.Debug("run started")

	p := &run{
		session: session, source: source, metadata: source.Metadata(), connection: c, options: o, log: log, watchdog: watchdog,
		found: found{pages: session.Resumed().Pages, warnings: warnings{}},
	}
	p.canon, p.spare = p.newCanonicalizer(), make(chan *canonicalizer, ahead)
	pending := &refreshes{Source: source, db: sink.ControlPool(r.DB), name: c.Name, watchdog: watchdog}
	switch o.Kind {
	case Refresh:
		p.source = pending
	case Replay:
		p.source = &replay{Source: source, db: r.DB, name: c.Name, watchdog: watchdog}
	}
	result.Report, err = p.update(ctx)
	if err = clean(c.Secrets, err); err != nil {
		result.Status = "failed"
		if ctx.Err() != nil {
			result.Status = "interrupted"
		}
		result.Pages, result.Fetched = p.pages, session.Fetched()
		p.parts = []error{err, session.End(ctx, result.Status, err.Error(), result.Counts)}
	}
	pending.settle(ctx, err == nil, log)
	return errors.Join(p.parts...)
}
