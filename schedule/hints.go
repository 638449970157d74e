package schedule

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sources"
)

// A provider's push is a hint that an account changed. Hints are kept until the
// account was asked for, in runs of their own between those of the schedule.

const (
	// hintsAtOnce is how many accounts one run asks for: a minute's work, so
	// that the schedule never waits for long.
	hintsAtOnce = 100

	// hintsTime is how long one run asks; what is left waits for the next.
	hintsTime = time.Minute

	// hintPause lies between two such runs of a connection, whatever comes in,
	// and lets the schedule go first.
	hintPause = 5 * time.Second

	// maxHintPause is the longest wait after runs that failed.
	maxHintPause = 10 * time.Minute

	// failuresInARow of which the provider seems to be at fault, not the account.
	failuresInARow = 3
)

// askForHints starts runs for accounts that providers hinted at, and returns
// when there is more to do. c.mu is held.
func (c *Cron) askForHints(runs context.Context, ticks []sink.Tick) time.Duration {
	wait := pollEvery
	for _, t := range ticks {
		l := c.lines[t.Source]
		if !t.Hinted || l.running {
			continue
		}
		if pause := time.Until(l.hintsFrom); pause > 0 {
			wait = min(wait, pause)
			continue
		}
		if !c.takeSlot() {
			break // a run's end wakes the loop
		}
		c.launch(runs, l, Options{Trigger: Hook}, l.afterHints)
	}
	return wait
}

// afterHints decides when hints are asked for again.
func (l *line) afterHints(r Result) {
	pause := hintPause
	if r.Status != "failed" {
		l.hintFailures = 0
	} else {
		l.hintFailures++
		pause = min(hintPause<<min(l.hintFailures, 10), maxHintPause)
	}
	l.hintsFrom = time.Now().Add(pause)
}

// hinted lists the accounts that were hinted at instead of all.
type hinted struct {
	sources.Source
	db    *sqlx.DB
	name  string // of the connection
	pulse *pulse

	answered []sink.Hint // asked for, whatever the answer was
	failed   []sink.Hint
}

// List asks for each account. One that is gone is left to the next complete
// listing, which deletes with care; one that was forged is gone as well.
func (h *hinted) List(ctx context.Context, _ sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		hints, err := sink.Hints(ctx, h.db, h.name, hintsAtOnce)
		if err != nil {
			yield(sources.Page{}, err)
			return
		}
		until := time.Now().Add(hintsTime)
		failures := 0
		var page sources.Page
		for _, hint := range hints {
			if time.Now().After(until) {
				break
			}
			record, err := h.Lookup(ctx, hint.ExternalID)
			h.pulse.arrived("hint", hint.ExternalID)
			switch {
			case ctx.Err() != nil:
				yield(sources.Page{}, context.Cause(ctx))
				return
			case err == nil:
				page.Records = append(page.Records, record)
			case !errors.Is(err, sources.ErrGone) && !errors.Is(err, sources.ErrNoLookup):
				h.failed = append(h.failed, hint)
				if failures++; failures == failuresInARow {
					yield(sources.Page{}, err)
					return
				}
				if !yield(sources.Page{}, &sources.PartError{Part: "account " + hint.ExternalID, Err: err}) {
					return
				}
				continue
			}
			failures = 0
			h.answered = append(h.answered, hint)
		}
		if len(page.Records) > 0 {
			yield(page, nil)
		}
	}
}

// settle takes off the queue what was asked for, if the run was applied, and
// puts off what could not be.
func (h *hinted) settle(ctx context.Context, applied bool, log *slog.Logger) {
	err := sink.PutOff(ctx, h.db, h.failed)
	if applied {
		err = errors.Join(err, sink.Settle(ctx, h.db, h.answered))
	}
	if err != nil {
		log.Warn("hints could not be taken off the queue: they are asked for again", "error", err)
	}
}
