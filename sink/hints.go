package sink

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Hint is an account that a provider's push named.
type Hint struct {
	Source     string
	ExternalID string    `db:"external_id"`
	ReceivedAt time.Time `db:"received_at"`
}

const (
	// maxHints bounds the hints of a connection: the next listing finds out
	// what is not kept here.
	maxHints = 10_000

	// maxHintFailures is how often an account is asked for in vain.
	maxHintFailures = 5

	// hintIsDue is the condition on a hint to be asked for. No failure puts one off
	// by an hour: one that is due later is of a clock that was set back since.
	hintIsDue = `due_at NOT BETWEEN pg_catalog.clock_timestamp() AND pg_catalog.clock_timestamp() + interval '1 hour'`
)

// Remember keeps hints, one an account. It returns false where not all of them
// are kept, since the connection has too many already.
func Remember(ctx context.Context, db *sqlx.DB, source string, ids []string) (bool, error) {
	res, err := db.ExecContext(ctx, statement("add_pending_refreshes"), source, pq.Array(ids), maxHints)
	if err != nil {
		return false, wrap(ctx, err)
	}
	n, err := res.RowsAffected()
	return n == int64(len(ids)), wrap(ctx, err)
}

// Hints returns up to n hints that are due, the oldest first.
func Hints(ctx context.Context, db *sqlx.DB, source string, n int) ([]Hint, error) {
	var list []Hint
	err := db.SelectContext(ctx, &list, `SELECT source, external_id, received_at FROM directory_internal.pending_refresh
		WHERE source = $1 AND `+hintIsDue+` ORDER BY due_at LIMIT $2`, source, n)
	return list, wrap(ctx, err)
}

// Settle drops hints, but for those that came again since they were read.
func Settle(ctx context.Context, db *sqlx.DB, hints []Hint) error {
	return eachHint(ctx, db, `DELETE FROM directory_internal.pending_refresh h USING unnest($2::text[], $3::timestamptz[]) AS a (external_id, received_at)
		WHERE h.source = $1 AND h.external_id = a.external_id AND h.received_at = a.received_at`, hints)
}

// PutOff lets hints wait, each time longer, and drops those that failed too
// often.
func PutOff(ctx context.Context, db *sqlx.DB, hints []Hint) error {
	return eachHint(ctx, db, statement("delay_pending_refreshes"), hints, maxHintFailures)
}

// eachHint runs a statement on hints, all of one source: its name is $1, ids $2
// and times $3.
func eachHint(ctx context.Context, db *sqlx.DB, query string, hints []Hint, more ...any) error {
	if len(hints) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	ids, times := make([]string, len(hints)), make([]string, len(hints))
	for i, h := range hints {
		ids[i], times[i] = h.ExternalID, h.ReceivedAt.Format(time.RFC3339Nano)
	}
	_, err := db.ExecContext(ctx, query, append([]any{hints[0].Source, pq.Array(ids), pq.Array(times)}, more...)...)
	return wrap(ctx, err)
}

// hook is the trigger of a run that asks for hints.
const hook = "hook"

// wanted returns ErrBusy where the run was to ask for hints, and another one has
// done so.
func (r *Run) wanted(ctx context.Context) error {
	if r.start.Trigger != hook {
		return nil
	}
	var due bool
	err := r.conn.GetContext(ctx, &due, `SELECT EXISTS (SELECT FROM directory_internal.pending_refresh WHERE source = $1 AND `+hintIsDue+`)`, r.Source)
	if err == nil && !due {
		return ErrBusy
	}
	return err
}

// Asking tells whether the run that holds the source only asks for hints, and
// so will not hold it for long.
func Asking(ctx context.Context, db *sqlx.DB, source string) (bool, error) {
	var asking bool
	err := db.GetContext(ctx, &asking, `SELECT EXISTS (SELECT FROM directory.runs WHERE source = $1 AND status = 'running' AND trigger = $2)`, source, hook)
	return asking, wrap(ctx, err)
}
