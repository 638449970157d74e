package sink

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Tick is the state of a connection in its schedule. All times are those of the
// database's clock.
type Tick struct {
	Source     string
	Claimed    *time.Time `db:"tick_at"`    // the last tick that was claimed, nil if none was
	Started    *time.Time `db:"started_at"` // the last scheduled or manual run, nil if there was none
	Hinted     bool       // it has pending refreshes
	Died       *int64     // the last tick's run, which ended with its process and was not retried; nil if there is none
	NotStarted bool       `db:"not_started"` // the last tick's run should have begun by now
	Now        time.Time
}

// beginWithin is how long after its tick was claimed a run should have begun: the
// process that claimed it died or failed.
const beginWithin = 30 * time.Second

// Ticks returns the state of each source.
func Ticks(ctx context.Context, db *sqlx.DB, sources []string) ([]Tick, error) {
	var list []Tick
	err := db.SelectContext(ctx, &list, statement("ticks"), pq.Array(sources), lockClass, beginWithin.Seconds())
	return list, wrap(ctx, err)
}

// BeginTicks starts the schedules of sources that never had one now.
func BeginTicks(ctx context.Context, db *sqlx.DB, sources []string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO directory_internal.tick (source, tick_at) SELECT pg_catalog.unnest($1::text[]), pg_catalog.clock_timestamp() ON CONFLICT DO NOTHING`, pq.Array(sources))
	return wrap(ctx, err)
}

// Claim takes a tick of t's source, unless another replica has taken it or a
// later one since t was read. An open tick stays so until its run begins; any other is
// skipped.
func Claim(ctx context.Context, db *sqlx.DB, t Tick, tick time.Time, open bool) (bool, error) {
	return claimed(ctx, db, "claim_tick", t.Source, t.Claimed, tick, open)
}

// Retry takes the last tick of t's source once more, for its run that died or
// never began, unless another replica has done so.
func Retry(ctx context.Context, db *sqlx.DB, t Tick) (bool, error) {
	return claimed(ctx, db, "retry_tick", t.Source, t.Claimed, t.Died, beginWithin.Seconds())
}

// SkipTick closes the tick of a source, so that its run does not begin.
func SkipTick(ctx context.Context, db *sqlx.DB, source string, tick time.Time) error {
	_, err := db.ExecContext(ctx, `UPDATE directory_internal.tick SET open_since = NULL WHERE source = $1 AND tick_at = $2`, source, tick)
	return wrap(ctx, err)
}

func claimed(ctx context.Context, db *sqlx.DB, name string, args ...any) (bool, error) {
	res, err := db.ExecContext(ctx, statement(name), args...)
	if err != nil {
		return false, wrap(ctx, err)
	}
	n, err := res.RowsAffected()
	return n == 1, wrap(ctx, err)
}
