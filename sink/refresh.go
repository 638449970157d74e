package sink

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Refresh is an account that a webhook notification named, and that is to be
// requested from the provider.
type Refresh struct {
	Source     string
	ExternalID string    `db:"external_id"`
	ReceivedAt time.Time `db:"received_at"`
}

const (
	// maxRefreshes bounds the pending refreshes of a connection: the next listing
	// finds out what is not kept here.
	maxRefreshes = 10_000

	// maxRefreshFailures is after how many failures a refresh is dropped.
	maxRefreshFailures = 5

	// refreshIsDue is the condition on a refresh that is due. No failure delays one
	// by an hour: one that is due later is from before the clock was set back.
	refreshIsDue = `due_at NOT BETWEEN pg_catalog.clock_timestamp() AND pg_catalog.clock_timestamp() + interval '1 hour'`
)

// AddRefreshes keeps refreshes, one per account. It returns false where not all
// of them are kept, since the connection has too many already.
func AddRefreshes(ctx context.Context, db *sqlx.DB, source string, ids []string) (bool, error) {
	res, err := db.ExecContext(ctx, statement("add_pending_refreshes"), source, pq.Array(ids), maxRefreshes)
	if err != nil {
		return false, wrap(ctx, err)
	}
	n, err := res.RowsAffected()
	return n == int64(len(ids)), wrap(ctx, err)
}

// DueRefreshes returns up to n refreshes that are due, the oldest first.
func DueRefreshes(ctx context.Context, db *sqlx.DB, source string, n int) ([]Refresh, error) {
	var list []Refresh
	err := db.SelectContext(ctx, &list, `SELECT source, external_id, received_at FROM directory_internal.pending_refresh
		WHERE source = $1 AND `+refreshIsDue+` ORDER BY due_at LIMIT $2`, source, n)
	return list, wrap(ctx, err)
}

// CompleteRefreshes drops refreshes, except those that were notified again since
// they were read.
func CompleteRefreshes(ctx context.Context, db *sqlx.DB, list []Refresh) error {
	return updateRefreshes(ctx, db, `DELETE FROM directory_internal.pending_refresh h USING unnest($2::text[], $3::timestamptz[]) AS a (external_id, received_at)
		WHERE h.source = $1 AND h.external_id = a.external_id AND h.received_at = a.received_at`, list)
}

// DelayRefreshes delays refreshes that failed, each time longer, and drops those
// that failed too often.
func DelayRefreshes(ctx context.Context, db *sqlx.DB, list []Refresh) error {
	return updateRefreshes(ctx, db, statement("delay_pending_refreshes"), list, maxRefreshFailures)
}

// updateRefreshes runs a statement on refreshes, all of one source: its name is
// $1, ids $2 and times $3.
func updateRefreshes(ctx context.Context, db *sqlx.DB, query string, list []Refresh, more ...any) error {
	if len(list) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	ids, times := make([]string, len(list)), make([]string, len(list))
	for i, one := range list {
		ids[i], times[i] = one.ExternalID, one.ReceivedAt.Format(time.RFC3339Nano)
	}
	_, err := db.ExecContext(ctx, query, append([]any{list[0].Source, pq.Array(ids), pq.Array(times)}, more...)...)
	return wrap(ctx, err)
}

// hook is the trigger of a run that refreshes accounts.
const hook = "hook"

// refreshDue returns ErrBusy where the run was to refresh accounts, and another
// one has done so.
func (r *Run) refreshDue(ctx context.Context) error {
	if r.start.Trigger != hook {
		return nil
	}
	var due bool
	err := r.conn.GetContext(ctx, &due, `SELECT EXISTS (SELECT FROM directory_internal.pending_refresh WHERE source = $1 AND `+refreshIsDue+`)`, r.Source)
	if err == nil && !due {
		return ErrBusy
	}
	return err
}

// Refreshing reports whether the run that holds the source only refreshes
// accounts, and so will not hold it for long.
func Refreshing(ctx context.Context, db *sqlx.DB, source string) (bool, error) {
	var refreshing bool
	err := db.GetContext(ctx, &refreshing, `SELECT EXISTS (SELECT FROM directory.runs WHERE source = $1 AND status = 'running' AND trigger = $2)`, source, hook)
	return refreshing, wrap(ctx, err)
}
