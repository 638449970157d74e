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
	Source  string
	Claimed *time.Time `db:"tick_at"`    // the last tick that was claimed, nil if none was
	Started *time.Time `db:"started_at"` // the last scheduled or manual run, nil if there was none
	Hinted  bool       // accounts of it are to be asked for
	Now     time.Time
}

// Ticks returns where the sources stand.
func Ticks(ctx context.Context, db *sqlx.DB, sources []string) ([]Tick, error) {
	var list []Tick
	err := db.SelectContext(ctx, &list, statement("ticks"), pq.Array(sources))
	return list, wrap(ctx, err)
}

// BeginTicks lets the schedules of sources that never had one begin now.
func BeginTicks(ctx context.Context, db *sqlx.DB, sources []string) error {
	_, err := db.ExecContext(ctx, `INSERT INTO directory_internal.tick (source, tick_at) SELECT unnest($1::text[]), clock_timestamp() ON CONFLICT DO NOTHING`, pq.Array(sources))
	return wrap(ctx, err)
}

// Claim takes a tick of t's source, unless another replica has taken it or a
// later one since t was read.
func Claim(ctx context.Context, db *sqlx.DB, t Tick, tick time.Time) (bool, error) {
	res, err := db.ExecContext(ctx, statement("claim"), t.Source, t.Claimed, tick)
	if err != nil {
		return false, wrap(ctx, err)
	}
	n, err := res.RowsAffected()
	return n == 1, wrap(ctx, err)
}
