package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"

	"rollcall/sink"
	"rollcall/sources"
)

// update is the flow of a run:
//
//	list → canonicalize → compare → map → stage → judge what is missing → apply
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

// list stages the listing, without the chunks that are as the last listing had
// them.
func (p *run) list(ctx context.Context) (err error) {
	if p.options.whole() && remembers(p.metadata) {
		if p.memory, err = p.session.LoadChunks(ctx); err != nil {
			return err
		}
	}
	if resumed := p.session.Resumed(); resumed != (sink.Mark{}) {
		p.log.Info("the listing continues from a checkpoint", "pages", resumed.Pages, "records", resumed.Records())
	}
	if err = p.stageListing(ctx); err == nil {
		err = p.recognize(ctx)
	}
	if errors.Is(err, errConflict) { // rare enough to look at everything again, without the memory
		if err = p.session.Reset(ctx); err == nil {
			p.found = found{warnings: warnings{}}
			p.watchdog.reset()
			err = p.stageListing(ctx)
		}
	}
	p.repeats = p.records != p.session.Distinct()
	return err
}

// ahead is how many pages are in each of the two overlapping stages at once,
// which bounds a run's memory.
const ahead = 2

// stageListing reads the listing into the staging table. A page is compared and
// staged in the order of the listing, so that the last record of an account
// counts.
func (p *run) stageListing(ctx context.Context) error {
	if err := p.announce(ctx); err != nil {
		return err
	}
	var session sync.Mutex // which serves one step at a time
	compared := func(ctx context.Context) iter.Seq2[*batch, error] {
		return func(yield func(*batch, error) bool) {
			for b, err := range sources.InOrder(ctx, ahead, p.fetch, p.canonicalize) {
				if err == nil {
					session.Lock()
					err = p.compare(ctx, b)
					session.Unlock()
				}
				if !yield(b, err) || err != nil {
					return
				}
			}
		}
	}
	for b, err := range sources.InOrder(ctx, ahead, compared, p.mapDifferent) {
		if err == nil {
			session.Lock()
			err = p.stage(ctx, b)
			session.Unlock()
		}
		if err != nil {
			return err
		}
	}
	return p.remember(ctx)
}

// complete reports whether the run has seen every account of the connection at
// one go.
func (p *run) complete() bool {
	reads := p.options.Kind != Refresh && p.options.Kind != Replay && p.options.Window.Whole()
	return reads && len(p.parts) == 0 && p.session.Resumed() == (sink.Mark{})
}

// mode returns what the run has read.
func (p *run) mode() sink.Mode {
	switch {
	case len(p.parts) > 0:
		return sink.PartialListing
	case p.options.Kind == Replay:
		return sink.Replay
	case p.complete():
		return sink.WholeListing
	}
	return sink.PartOfListing
}

// outcome is how the listing ended, for Apply and Plan.
func (p *run) outcome(d sink.Deletions) sink.Outcome {
	o := sink.Outcome{
		Mode: p.mode(), Pages: p.pages, Identity: p.metadata.Identity,
		Volatile: p.metadata.Rules.Volatile(), MissingBecomesRoot: p.metadata.MissingBecomesRoot, IDMember: p.metadata.IDMember,
		Chunks: p.memory, Repeats: p.repeats, Fields: p.survey.Fields(), Deletions: d,
	}
	if o.Mode == sink.PartialListing {
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
