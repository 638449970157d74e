package sink

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Tick is where a connection stands in its schedule. All times are of the
// database's clock.
type Tick struct {
	Source     string
	Claimed    *time.Time `db:"tick_at"`    // the last tick that was claimed, nil if none was
	Started    *time.Time `db:"started_at"` // the last scheduled or manual run, nil if there was none
	Hinted     bool       // accounts of it are to be asked for
	Died       *int64     // the last tick's run, which ended with its process and is not made up; nil else
	NotStarted bool       `db:"unbegun"` // the last tick's run should have begun by now
	Now        time.Time
}

// beginWithin is how long after its tick was claimed a run should have begun;
// whoever claimed it is dead by then, or could not.
const beginWithin = 30 * time.Second

// Ticks returns where the sources stand.
func Ticks(ctx context.Context, db *sqlx.DB, sources []string) ([]Tick, error) {
	var list []Tick
	err := db.SelectContext(ctx, &list, statement("ticks"), pq.Array(sources), lockClass, beginWithin.Seconds())
	return list, wrap(ctx, err)
}

// BeginTicks lets the schedules of sources that never had one begin now.
func BeginTicks(ctx context.Context, db *sqlx.DB, sources []string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO directory_internal.tick (source, tick_at) SELECT pg_catalog.unnest($1::text[]), pg_catalog.clock_timestamp() ON CONFLICT DO NOTHING`, pq.Array(sources))
	return wrap(ctx, err)
}

// Claim takes a tick of t's source, unless another replica has taken it or a
// later one since t was read. The tick stays open until its run begins, or else
// is left out.
func Claim(ctx context.Context, db *sqlx.DB, t Tick, tick time.Time, open bool) (bool, error) {
	return claimed(ctx, db, "claim", t.Source, t.Claimed, tick, open)
}

// Retry takes the last tick of t's source once more, for its run that died or
// never began, unless another replica has done so.
func Retry(ctx context.Context, db *sqlx.DB, t Tick) (bool, error) {
	return claimed(ctx, db, "make_up", t.Source, t.Claimed, t.Died, beginWithin.Seconds())
}

// SkipTick closes the tick of a source, whose run is not to begin.
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
