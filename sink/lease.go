package sink

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// heartbeatEvery is how often a run gives a sign of life, over another session
	// than its own, so that neither a slow provider nor a long statement keeps
	// it from that.
	heartbeatEvery = 10 * time.Second

	// HeartbeatTimeout is how long nothing may be heard of a run until it is taken
	// for dead: three signs that did not come. A schedule looks often enough to
	// have it replaced within a minute.
	HeartbeatTimeout = 40 * time.Second

	// cancelGrace is how long the session of a run that has to end may still take to
	// answer: longer than the driver takes to cancel a statement.
	cancelGrace = 15 * time.Second

	// endedWait is how long the lock of a session that was ended may take to
	// come free.
	endedWait = 5 * time.Second
)

// A lease is a run's hold on its connection, for as long as Postgres hears of
// its process.
type lease struct {
	lost   context.Context // ends with ErrLost
	lose   context.CancelCauseFunc
	guard  *guard
	calm   func() bool           // the end of the caller's context gives the session no haste any more
	failed atomic.Pointer[error] // why the last sign of life could not be given; nil if it was
	closed chan struct{}
	done   chan struct{}
}

// A guard cuts a session that nobody gives more time: nothing else ends a wait
// for an answer that was lost on its way.
type guard struct {
	mu    sync.Mutex
	timer *time.Timer
	fixed bool // no more time is given
}

// guarded lets the run's session be cut after HeartbeatTimeout, and has silent called
// before that.
func (r *Run) guarded(silent func()) *guard {
	var session driver.Conn
	_ = r.conn.Raw(func(s any) error { session, _ = s.(driver.Conn); return nil })
	return &guard{timer: time.AfterFunc(HeartbeatTimeout, func() {
		silent()
		cut(r.db, session)
	})}
}

// extend gives the session that much time from now.
func (g *guard) extend(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.fixed {
		g.timer.Reset(d)
	}
}

// finish gives it that much time at most, and no more later.
func (g *guard) finish(d time.Duration) {
	g.extend(d)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fixed = true
}

// now cuts it.
func (g *guard) now() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fixed = true
	g.timer.Reset(0)
}

// stop leaves the session alone.
func (g *guard) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fixed = true
	g.timer.Stop()
}

// keepLease gives signs of life until endLease. A run that cannot, or whose
// session is gone, has lost its connection: whatever it waits for is cut short.
func (r *Run) keepLease(ctx context.Context, pid int) {
	l := &lease{closed: make(chan struct{}), done: make(chan struct{})}
	l.lost, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	r.lease = l
	l.guard = r.guarded(func() { l.lose(l.silent()) })
	l.calm = context.AfterFunc(ctx, func() { l.guard.finish(cancelGrace) })
	go func() {
		defer close(l.done)
		tick := time.NewTicker(heartbeatEvery)
		defer tick.Stop()
		for {
			select {
			case <-l.closed:
				return
			case <-tick.C:
			}
			held, err := r.beat(l, pid)
			if !l.heard(held, err, r.start.Warn) {
				return
			}
		}
	}()
}

// heard takes the outcome of a sign of life, and reports whether to give more of
// them.
func (l *lease) heard(held bool, err error, warn func(error)) bool {
	if err == nil {
		l.failed.Store(nil)
	} else if before := l.failed.Swap(&err); before == nil && warn != nil {
		warn(fmt.Errorf("its signs of life fail: %w", wrap(l.lost, err)))
	}
	switch {
	case held, turnedAway(err): // the server is there: the run keeps what it holds
		l.guard.extend(HeartbeatTimeout)
	case err == nil:
		l.guard.now()
		return false
	} // else until it was silent for too long
	return true
}

// silent is ErrLost with the reason why the signs of life failed, if they did.
func (l *lease) silent() error {
	if err := l.failed.Load(); err != nil {
		return fmt.Errorf("%w; its signs of life failed: %s", ErrLost, advice(*err))
	}
	return ErrLost
}

// beat gives a sign of life, and reports whether the run holds its connection.
func (r *Run) beat(l *lease, pid int) (held bool, err error) {
	ctx, cancel := context.WithTimeout(l.lost, heartbeatEvery)
	defer cancel()
	res, err := ControlPool(r.db).ExecContext(ctx, statement("heartbeat"), r.connection, pid, lockClass)
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
	r.lease.calm()
	r.lease.guard.stop()
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

// ShortenDeadline returns what tells that the run is given up: its session has to answer
// soon. It may be called at any time, also after Close.
func (r *Run) ShortenDeadline() func() {
	g := r.lease.guard
	return func() { g.finish(cancelGrace) }
}

// TerminateStale ends the sessions of runs of which nothing was heard for so long,
// and returns their sources.
func TerminateStale(ctx context.Context, db *sqlx.DB, silence time.Duration) ([]string, error) {
	var names []string
	err := db.SelectContext(ctx, &names, statement("terminate_stale"), lockClass, silence.Seconds())
	return names, wrap(ctx, err)
}
