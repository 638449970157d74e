package sink

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// beatEvery is how often a run gives a sign of life, over another session
	// than its own, so that neither a slow provider nor a long statement keeps
	// it from that.
	beatEvery = 10 * time.Second

	// SilentAfter is how long nothing may be heard of a run until it is taken
	// for dead: three signs that did not come. A schedule looks often enough to
	// have it replaced within a minute.
	SilentAfter = 40 * time.Second

	// endedWait is how long the lock of a session that was ended may take to
	// come free.
	endedWait = 5 * time.Second
)

// A lease is a run's hold on its connection, for as long as Postgres hears of
// its process.
type lease struct {
	lost   context.Context // ends with ErrLost
	lose   context.CancelCauseFunc
	closed chan struct{}
	done   chan struct{}
}

// keepLease gives signs of life until endLease. A run that cannot, or whose
// session is gone, has lost its connection: whatever it waits for is cut short.
func (r *Run) keepLease(ctx context.Context, pid int) {
	l := &lease{closed: make(chan struct{}), done: make(chan struct{})}
	l.lost, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	r.lease = l
	var session driver.Conn
	_ = r.conn.Raw(func(s any) error { session, _ = s.(driver.Conn); return nil })
	watch := time.AfterFunc(SilentAfter, func() {
		l.lose(ErrLost)
		cut(r.db, session)
	})
	go func() {
		defer close(l.done)
		tick := time.NewTicker(beatEvery)
		defer tick.Stop()
		for {
			select {
			case <-l.closed:
				watch.Stop()
				return
			case <-tick.C:
			}
			held, err := r.beat(l, pid)
			switch {
			case err != nil: // until it was silent for too long
			case held:
				watch.Reset(SilentAfter)
			default:
				watch.Reset(0)
				return
			}
		}
	}()
}

func (r *Run) beat(l *lease, pid int) (held bool, err error) {
	ctx, cancel := context.WithTimeout(l.lost, beatEvery)
	defer cancel()
	res, err := Desk(r.db).ExecContext(ctx, statement("beat"), r.connection, pid, lockClass)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// endLease ends the signs of life.
func (r *Run) endLease() {
	if r.lease == nil {
		return
	}
	close(r.lease.closed)
	r.lease.lose(nil)
	<-r.lease.done
	r.lease = nil
}

// Bind makes a context that ends with the run's hold on its connection too. The
// caller calls cancel.
func (r *Run) Bind(ctx context.Context) (bound context.Context, cancel func()) {
	bound, end := context.WithCancelCause(ctx)
	lost := r.lease.lost
	stop := context.AfterFunc(lost, func() { end(context.Cause(lost)) })
	return bound, func() { stop(); end(nil) }
}

// EndSilent ends the sessions of runs of which nothing was heard for so long,
// and returns their sources.
func EndSilent(ctx context.Context, db *sqlx.DB, silence time.Duration) ([]string, error) {
	var names []string
	err := db.SelectContext(ctx, &names, statement("end_silent"), lockClass, silence.Seconds())
	return names, wrap(ctx, err)
}
