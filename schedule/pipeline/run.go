// Package pipeline is one run of one connection: list its accounts, bring them
// into canonical form, compare them with the directory, map and stage what
// differs, judge what is missing, and apply.
package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/model"
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
	canon      *canonicalizer // of the steps that use the session
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
	survey   model.Survey // of the records that differ
	marked   string       // the cursor noted last

	memory *sink.Memory // of the chunks of the listing before; nil where none are kept
	chunks []sink.Chunk // new ones, to be staged together
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
	p.canon = p.newCanonicalizer()
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

// update is the flow of a run. The first four of its steps overlap, page by page:
//
//	list → canonicalize → compare → map → stage → judge missing → apply
func (p *run) update(ctx context.Context) (report sink.Report, err error) {
	outcome, err := p.read(ctx)
	p.warnings.log(p.log)
	switch {
	case err != nil:
		return sink.Report{}, err
	case p.options.Plan != nil:
		report, err = p.session.Plan(ctx, outcome, p.options.Plan)
	default:
		report, err = p.session.Apply(ctx, outcome)
	}
	if err == nil {
		logReport(p.log, report)
	}
	return report, err
}

// read stages the listing and judges what is missing from it, as long as there
// is progress.
func (p *run) read(ctx context.Context) (sink.Outcome, error) {
	ctx, stop := p.watchdog.watch(ctx)
	defer stop()
	// A session that does not answer must not keep the run for longer.
	defer context.AfterFunc(ctx, p.session.ShortenDeadline())()
	if err := p.list(ctx); err != nil {
		return sink.Outcome{}, p.brokeOff(ctx, err)
	}
	p.enter(Applying)
	deletions, err := p.judge(ctx)
	return p.outcome(deletions), err
}

// list stages the listing: first without the chunks that the last one had, too.
func (p *run) list(ctx context.Context) (err error) {
	if p.options.whole() && remembers(p.metadata) {
		if p.memory, err = p.session.LoadChunks(ctx); err != nil {
			return err
		}
	}
	if resumed := p.session.Resumed(); resumed != (sink.Mark{}) {
		p.log.Info("the listing continues from a checkpoint", "pages", resumed.Pages, "records", resumed.Records())
	}
	if err = p.begin(ctx); err != nil {
		return err
	}
	if err = p.stageListing(ctx); err == nil {
		err = p.recognize(ctx)
	}
	if errors.Is(err, errConflict) { // rare enough to look at everything again
		if err = p.session.Reset(ctx); err != nil {
			return err
		}
		p.found = found{warnings: warnings{}}
		p.watchdog.reset()
		if err = p.begin(ctx); err == nil {
			err = p.stageListing(ctx)
		}
	}
	p.repeats = p.records != p.session.Distinct()
	return err
}

// complete reports whether the run has seen every account of the connection at
// one go.
func (p *run) complete() bool {
	reads := p.options.Kind != Refresh && p.options.Kind != Replay && p.options.Window.Whole()
	return reads && len(p.parts) == 0 && p.session.Resumed() == (sink.Mark{})
}

// outcome is how the listing ended, for Apply and Plan.
func (p *run) outcome(d sink.Deletions) sink.Outcome {
	replay := p.options.Kind == Replay // which asks no provider
	o := sink.Outcome{
		Complete: p.complete(), Partial: len(p.parts) > 0, Pages: p.pages,
		Identity: p.metadata.Identity, Adopt: !replay && p.session.Identity() != p.metadata.Identity,
		Volatile: p.metadata.Rules.Volatile(), MissingBecomesRoot: p.metadata.MissingBecomesRoot,
		Memory: p.memory, Repeats: p.repeats, Fields: p.survey.Fields(),
		Replay: replay, IDMember: p.metadata.IDMember, Deletions: d,
	}
	if o.Partial {
		o.Error = errors.Join(p.parts...).Error()
	} else if reason := cmp.Or(d.Hold, d.Wait); reason != "" {
		o.Error = fmt.Sprintf("%s: deletions are held; if they are right, run: rollcall sync %s --allow-deletes", reason, p.session.Source)
	}
	o.Error, o.Deletions.Hold = p.connection.Secrets.Redact(o.Error), p.connection.Secrets.Redact(d.Hold)
	return o
}

// brokeOff is the error of a listing that broke off. One that continued from a
// checkpoint may have been refused its cursor.
func (p *run) brokeOff(ctx context.Context, err error) error {
	resumed := p.session.Resumed()
	if resumed != (sink.Mark{}) && p.pages <= resumed.Pages {
		err = fmt.Errorf("%w (the listing continued from a checkpoint; if this stays so, start over: rollcall backfill %s --restart)", err, p.session.Source)
	}
	if cause := context.Cause(ctx); ctx.Err() != nil && !errors.Is(err, cause) {
		return cause
	}
	return err
}
