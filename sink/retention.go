package sink

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// sweepEvery is how often old rows are looked for, over all processes: what
	// is kept for days need not go to the minute.
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
// keep ago. History stays, and names its runs all the same. Called more than
// once an hour, by whichever processes, it does nothing.
func Sweep(ctx context.Context, db *sqlx.DB, keep time.Duration) (s Swept, err error) {
	var claimed bool
	err = db.GetContext(ctx, &claimed, statement("sweep_claim"), sweepEvery.Seconds())
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, wrap(ctx, err)
	}
	for name, n := range map[string]*int64{"sweep_runs": &s.Runs, "sweep_rejects": &s.Rejects} {
		for {
			res, err := db.ExecContext(ctx, statement(name), keep.Seconds(), sweepBatch)
			if err != nil {
				return s, wrap(ctx, err)
			}
			gone, err := res.RowsAffected()
			if err != nil {
				return s, err
			}
			if *n += gone; gone < sweepBatch {
				break
			}
		}
	}
	_, err = db.ExecContext(ctx, statement("sweep_staged"))
	return s, wrap(ctx, err)
}
