package pipeline

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

const (
	// refreshesAtOnce is how many accounts one run refreshes: a minute's work, so
	// that the schedule never waits for long.
	refreshesAtOnce = 100

	// refreshTime is how long one run refreshes; the rest waits for the next run.
	refreshTime = time.Minute

	// failuresInARow after which the provider seems to be at fault, not the account.
	failuresInARow = 3
)

// refreshes is a source that lists the accounts that webhook notifications named,
// instead of all.
type refreshes struct {
	sources.Source
	db       *sqlx.DB
	name     string // of the connection
	watchdog *watchdog

	answered []sink.Refresh // requested, whatever the answer was
	failed   []sink.Refresh
}

// List requests each account. One that is deleted is left to the next complete
// listing, which deletes with care; one whose notification was forged is missing
// as well.
func (r *refreshes) List(ctx context.Context, _ sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		due, err := sink.DueRefreshes(ctx, r.db, r.name, refreshesAtOnce)
		if err != nil {
			yield(sources.Page{}, err)
			return
		}
		until := time.Now().Add(refreshTime)
		failures := 0
		var page sources.Page
		for _, one := range due {
			if time.Now().After(until) {
				break
			}
			record, err := r.Lookup(ctx, one.ExternalID)
			r.watchdog.arrived("refresh", one.ExternalID)
			switch {
			case ctx.Err() != nil:
				yield(sources.Page{}, context.Cause(ctx))
				return
			case err == nil:
				page.Records = append(page.Records, record)
			case !errors.Is(err, sources.ErrGone) && !errors.Is(err, sources.ErrNoLookup):
				r.failed = append(r.failed, one)
				if failures++; failures == failuresInARow {
					yield(sources.Page{}, err)
					return
				}
				if !yield(sources.Page{}, &sources.PartError{Part: "account " + one.ExternalID, Err: err}) {
					return
				}
				continue
			}
			failures = 0
			r.answered = append(r.answered, one)
		}
		if len(page.Records) > 0 {
			yield(page, nil)
		}
	}
}

// settle drops what was refreshed, if the run was applied, and delays what failed.
func (r *refreshes) settle(ctx context.Context, applied bool, log *slog.Logger) {
	err := sink.DelayRefreshes(ctx, r.db, r.failed)
	if applied {
		err = errors.Join(err, sink.CompleteRefreshes(ctx, r.db, r.answered))
	}
	if err != nil {
		log.Warn("pending refreshes could not be updated: their accounts are requested again", "error", err)
	}
}
