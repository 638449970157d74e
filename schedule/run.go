// Package schedule runs connections: one run of one connection, all of them
// once and apart from one another, and when.
package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sources"
)

// What can start a run.
const (
	Manual   = "manual"
	Schedule = "schedule"
	Backfill = "backfill"
	Hook     = "hook"
)

// Options say how a run goes.
type Options struct {
	Trigger      string
	Wait         bool // for another run of the connection, up to its TIMEOUT
	AllowDeletes bool // makes the deletions that are held

	Window  sources.Window // of creation times; what lies outside is left alone
	Replay  bool           // maps what is stored again instead of asking the provider
	Restart bool           // of a backfill: does not go on from a checkpoint

	tick time.Time // that was claimed for the run; zero where it is of none

	// Watch, if set, is called at each page and each phase. It must not block.
	Watch func(Progress)

	// Plan, if set, is told each change instead of its being made. The run
	// leaves no trace in the directory.
	Plan func(sink.Change) error
}

// plain tells whether the run reads all that the provider lists, from its
// beginning to its end.
func (o Options) plain() bool {
	return o.Window.Whole() && !o.Replay && o.Trigger != Backfill && o.Trigger != Hook
}

// A Result is how a run of one connection ended. Err tells why it did not
// succeed; a run can be partial and have both.
type Result struct {
	Source string
	RunID  int64
	sink.Report
	Took time.Duration
	Err  error
}

// A Runner runs connections against one directory.
type Runner struct {
	DB       *sqlx.DB
	Log      *slog.Logger
	Parallel int           // runs at once
	Keep     time.Duration // how long finished runs stay; 0 for ever

	// Open opens a connection; it is called for each run, so that a rotated
	// secret is seen. The source calls arrived as sources.Connection says.
	Open func(ctx context.Context, c sources.Configured, log *slog.Logger, arrived func(kind, id string)) (sources.Source, error)
}

// Run runs one connection: it reads the whole listing and applies it.
func (r *Runner) Run(ctx context.Context, c sources.Configured, o Options) Result {
	began := time.Now()
	result := Result{Source: c.Name}
	o.report(Progress{Source: c.Name, Phase: Starting})
	defer o.report(Progress{Source: c.Name, Phase: Ended})
	log := r.Log.With("source", c.Name)
	pulse := newPulse(c.Timeout)
	opening, cancel := context.WithTimeoutCause(ctx, c.Timeout, errNoProgress{after: c.Timeout})
	source, err := r.Open(opening, c, log, func(kind, id string) { pulse.arrived(kind, id) }) // reads files
	cancel()
	if err == nil {
		defer source.Close()
		err = r.run(ctx, c, source, pulse, o, log, &result)
	} else {
		err = r.fail(ctx, c, o, err, &result)
	}
	result.Err = clean(c.Secrets, err)
	result.Took = time.Since(began)
	logEnd(log, o, result)
	return result
}

func (r *Runner) run(ctx context.Context, c sources.Configured, source sources.Source, pulse *pulse, o Options, log *slog.Logger, result *Result) error {
	run, err := r.begin(ctx, c, o, o.resumable(c, source.Metadata()))
	if errors.Is(err, sink.ErrBusy) && !o.unattended() {
		if !o.Wait && o.Plan == nil {
			result.Status = "skipped"
			return sink.Skip(ctx, r.DB, c.Name)
		}
		return fmt.Errorf("%w: still after %v (TIMEOUT); try again once it has ended (rollcall runs)", err, c.Timeout)
	}
	if err != nil {
		return err
	}
	defer run.Close(ctx)
	result.RunID = run.ID
	log = log.With("run", run.ID)
	log.Debug("a run begins")
	ctx, unbind := run.Bind(ctx)
	defer unbind()
	applied := false
	if o.Trigger == Hook {
		hints := &hinted{Source: source, db: sink.ControlPool(r.DB), name: c.Name, pulse: pulse}
		source = hints
		defer func() { hints.settle(ctx, applied, log) }()
	}

	if o.Replay {
		source = &replay{Source: source, db: r.DB, name: c.Name, pulse: pulse}
	}
	p := newPull(run, source, pulse, c, o)
	if resumed := run.Resumed(); resumed != (sink.Mark{}) {
		log.Info("the listing goes on from a checkpoint", "pages", resumed.Pages, "records", resumed.Records())
	}
	outcome, err := r.listen(ctx, p, c, o, log)
	p.warnings.log(log)
	if err = clean(c.Secrets, err); err != nil {
		result.Status = "failed"
		if ctx.Err() != nil {
			result.Status = "interrupted"
		}
		result.Pages, result.Fetched = p.pages, run.Fetched()
		return errors.Join(err, run.End(ctx, result.Status, err.Error(), result.Counts))
	}
	if o.Plan != nil {
		result.Report, err = run.Plan(ctx, outcome, o.Plan)
	} else {
		result.Report, err = run.Apply(ctx, outcome)
	}
	if err = clean(c.Secrets, err); err != nil {
		result.Status = "failed"
		if ctx.Err() != nil {
			result.Status = "interrupted"
		}
		return errors.Join(err, run.End(ctx, result.Status, err.Error(), result.Counts))
	}
	applied = true
	if result.Cycles > 0 {
		log.Warn("parents form a cycle, which was broken", "cycles", result.Cycles, "at", result.CyclesAt)
	}
	logDrift(log, result.Drift)
	return errors.Join(p.parts...)
}

func newPull(run *sink.Run, source sources.Source, pulse *pulse, c sources.Configured, o Options) *pull {
	return &pull{
		run: run, source: source, pulse: pulse, provider: c.Provider,
		digest: newDigester(c.Provider, source.Metadata(), nil), warnings: warnings{},
		window: o.Window, replays: o.Replay, watch: o.Watch, pages: run.Resumed().Pages,
	}
}

// listen reads the listing and judges what it left out, as long as there is
// progress.
func (r *Runner) listen(ctx context.Context, p *pull, c sources.Configured, o Options, log *slog.Logger) (sink.Outcome, error) {
	ctx, stop := p.pulse.watch(ctx)
	defer stop()
	// A session that does not answer must not keep the run for longer.
	defer context.AfterFunc(ctx, p.run.ShortenDeadline())()

	metadata := p.source.Metadata()
	outcome := sink.Outcome{Identity: metadata.Identity, Volatile: metadata.Rules.Volatile(), MissingBecomesRoot: metadata.MissingBecomesRoot}
	if o.Replay {
		outcome.Replay, outcome.IDMember = true, metadata.IDMember
	}
	if err := p.brokeOff(p.read(ctx, o.plain())); err != nil {
		if cause := context.Cause(ctx); ctx.Err() != nil && !errors.Is(err, cause) {
			err = cause
		}
		return outcome, err
	}
	p.enter(Applying)
	outcome.Pages, outcome.Fields = p.pages, p.survey.Fields()
	outcome.Memory, outcome.Repeats = p.memory, p.records != p.run.Distinct()
	outcome.Partial = len(p.parts) > 0
	outcome.Complete = !outcome.Partial && o.Trigger != Hook && p.whole()
	if outcome.Partial {
		outcome.Error = c.Secrets.Redact(errors.Join(p.parts...).Error())
	}
	known := p.run.Identity()
	outcome.Adopt = known != metadata.Identity && !o.Replay // which asks no provider
	elsewhere := moved(known, metadata.Identity) && !o.Replay
	if !outcome.Complete && !elsewhere {
		return outcome, nil
	}
	missing, err := p.run.Missing(ctx)
	if err == nil && elsewhere {
		err = checkTenant(c.Name, known, metadata.Identity, missing, outcome.Complete, o.AllowDeletes, log)
	}
	if err != nil || !outcome.Complete {
		return outcome, err
	}
	g := guard{
		run: p.run, source: p.source, digest: p.digest, name: c.Name,
		percent: c.MaxDeletePercent, allow: o.AllowDeletes, pulse: p.pulse,
	}
	outcome.Deletions, err = g.judge(ctx, missing)
	if reason := cmp.Or(outcome.Deletions.Hold, outcome.Deletions.Wait); reason != "" {
		outcome.Error = fmt.Sprintf("%s: deletions are held; if they are right, run: rollcall sync %s --allow-deletes", reason, c.Name)
	}
	outcome.Deletions.Hold = c.Secrets.Redact(outcome.Deletions.Hold)
	outcome.Error = c.Secrets.Redact(outcome.Error)
	return outcome, err
}

func logResult(log *slog.Logger, r Result) {
	switch {
	case r.Status == "skipped":
		log.Info("run skipped: another run holds the connection", "status", r.Status)
		return
	case r.RunID == 0:
		log.Error("run failed before it began", "took", r.Took.Round(time.Millisecond), "error", r.Err)
		return
	}
	args := []any{
		"run", r.RunID, "status", r.Status, "fetched", r.Fetched, "created", r.Created, "updated", r.Updated,
		"moved", r.Moved, "deleted", r.Deleted, "restored", r.Restored, "unchanged", r.Unchanged,
		"rejected", r.Rejected, "held", r.Held, "took", r.Took.Round(time.Millisecond),
	}
	switch {
	case r.Err != nil:
		log.Error("run "+orFailed(r.Status), append(args, "error", r.Err)...)
	case r.Status == "held":
		log.Warn("run held", append(args, "error", r.Error)...)
	default:
		log.Info("run "+r.Status, args...)
	}
}

func orFailed(status string) string {
	if status == "" {
		return "failed"
	}
	return status
}
