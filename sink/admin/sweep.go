package admin

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
)

const (
	// sweepEvery is how often old rows are removed, over all processes: a retention
	// of days is not exact to the minute.
	sweepEvery = time.Hour

	// sweepBatch is how many rows one statement removes, so that none holds its
	// locks for long.
	sweepBatch = 5000
)

// Swept is what Sweep removed.
type Swept struct {
	Runs    int64 // finished ones
	Rejects int64 // resolved ones
}

// Sweep removes runs that finished, and rejects that were resolved, longer than
// keep ago. History stays, and still names its runs. It does nothing when it was
// called within the last hour, by any process.
func Sweep(ctx context.Context, db *sqlx.DB, keep time.Duration) (s Swept, err error) {
	var claimed bool
	err = db.GetContext(ctx, &claimed, statement("sweep_claim"), sweepEvery.Seconds())
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, sink.Wrap(ctx, err)
	}
	for name, n := range map[string]*int64{"sweep_runs": &s.Runs, "sweep_rejects": &s.Rejects} {
		for removed := int64(sweepBatch); removed == sweepBatch; *n += removed {
			res, err := db.ExecContext(ctx, statement(name), keep.Seconds(), sweepBatch)
			if err == nil {
				removed, err = res.RowsAffected()
			}
			if err != nil {
				return s, sink.Wrap(ctx, err)
			}
		}
	}
	_, err = db.ExecContext(ctx, statement("sweep_staged"))
	return s, sink.Wrap(ctx, err)
}
