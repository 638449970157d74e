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
	RefreshDue bool       `db:"hinted"`     // accounts that webhook notifications named are to be requested
	Died       *int64     // the last tick's run, which ended with its process and was not retried; nil otherwise
	NotStarted bool       `db:"not_started"` // the last tick's run should have started by now
	Now        time.Time
}

// beginWithin is how long after its tick was claimed a run should have started;
// the process that claimed it is dead by then, or could not start it.
const beginWithin = 30 * time.Second

// A Timetable keeps which ticks were claimed, in the directory. DB is best a
// pool that no run takes sessions of.
type Timetable struct{ DB *sqlx.DB }

// Ticks returns where the sources stand.
func (t Timetable) Ticks(ctx context.Context, sources []string) ([]Tick, error) {
	var list []Tick
	err := t.DB.SelectContext(ctx, &list, statement("ticks"), pq.Array(sources), lockClass, beginWithin.Seconds())
	return list, wrap(ctx, err)
}

// Begin lets the schedules of sources that never had one begin now.
func (t Timetable) Begin(ctx context.Context, sources []string) error {
	_, err := t.DB.ExecContext(ctx, `INSERT INTO directory_internal.tick (source, tick_at) SELECT pg_catalog.unnest($1::text[]), pg_catalog.clock_timestamp() ON CONFLICT DO NOTHING`, pq.Array(sources))
	return wrap(ctx, err)
}

// Claim takes a tick of the source of last, unless another replica has taken it or
// a later one since last was read. The tick stays open until its run starts or is
// skipped.
func (t Timetable) Claim(ctx context.Context, last Tick, tick time.Time, open bool) (bool, error) {
	return t.claimed(ctx, "claim_tick", last.Source, last.Claimed, tick, open)
}

// Retry takes the last tick once more, for its run that died or never started,
// unless another replica has done so.
func (t Timetable) Retry(ctx context.Context, last Tick) (bool, error) {
	return t.claimed(ctx, "retry_tick", last.Source, last.Claimed, last.Died, beginWithin.Seconds())
}

// Skip closes the tick of a source, whose run is not to start.
func (t Timetable) Skip(ctx context.Context, source string, tick time.Time) error {
	_, err := t.DB.ExecContext(ctx, `UPDATE directory_internal.tick SET open_since = NULL WHERE source = $1 AND tick_at = $2`, source, tick)
	return wrap(ctx, err)
}

// TerminateStale is the function of that name, after HeartbeatTimeout.
func (t Timetable) TerminateStale(ctx context.Context) ([]string, error) {
	return TerminateStale(ctx, t.DB, HeartbeatTimeout)
}

func (t Timetable) claimed(ctx context.Context, name string, args ...any) (bool, error) {
	res, err := t.DB.ExecContext(ctx, statement(name), args...)
	if err != nil {
		return false, wrap(ctx, err)
	}
	n, err := res.RowsAffected()
	return n == 1, wrap(ctx, err)
}
