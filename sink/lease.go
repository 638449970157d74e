package sink

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// heartbeatEvery is how often a run writes a heartbeat. It does so over another
	// session than its own, so that neither a slow provider nor a long statement
	// delays it.
	heartbeatEvery = 10 * time.Second

	// HeartbeatTimeout is the age of the last heartbeat from which a run is taken for
	// dead: three were missed. A schedule checks often enough to replace the run
	// within a minute.
	HeartbeatTimeout = 40 * time.Second

	// cancelGrace is how long the session of a run that has to end may take to
	// answer: longer than the driver takes to cancel a statement.
	cancelGrace = 15 * time.Second

	// endedWait is how long Postgres may take to free the lock of a session that it
	// terminated.
	endedWait = 5 * time.Second
)

// A lease holds a connection for as long as the heartbeats of this process reach
// Postgres.
type lease struct {
	lost      context.Context // ends with ErrLost as its cause
	lose      context.CancelCauseFunc
	pid       int // of the session that holds the lock
	watchdog  *watchdog
	stopWatch func() bool           // keeps the end of the caller's context from shortening the deadline
	failed    atomic.Pointer[error] // of the last heartbeat; nil if it succeeded
	closed    chan struct{}
	done      chan struct{}
}

// keepLease sends heartbeats until endLease. A run whose heartbeats fail for
// HeartbeatTimeout, or whose session ended, has lost its connection: the context of
// Bind ends, and the session is cut. It calls warn, if set, when they begin to fail.
func (s *session) keepLease(ctx context.Context, pid int, warn func(error)) {
	l := &lease{pid: pid, closed: make(chan struct{}), done: make(chan struct{})}
	l.lost, l.lose = context.WithCancelCause(context.WithoutCancel(ctx))
	s.lease = l
	l.watchdog = s.watch(func() { l.lose(l.lostError()) })
	l.stopWatch = context.AfterFunc(ctx, func() { l.watchdog.shorten(cancelGrace) })
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
			held, err := s.heartbeat()
			if !l.answered(held, err, warn) {
				return
			}
		}
	}()
}

// heartbeat writes a heartbeat, and reports whether the session holds the
// connection's lock.
func (s *session) heartbeat() (held bool, err error) {
	ctx, cancel := context.WithTimeout(s.lease.lost, heartbeatEvery)
	defer cancel()
	res, err := ControlPool(s.db).ExecContext(ctx, statement("heartbeat"), s.connection, s.lease.pid, lockClass)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// answered handles the result of a heartbeat, and reports whether to send more.
func (l *lease) answered(held bool, err error, warn func(error)) bool {
	if err == nil {
		l.failed.Store(nil)
	} else if before := l.failed.Swap(&err); before == nil && warn != nil {
		warn(fmt.Errorf("its heartbeats fail: %w", wrap(l.lost, err)))
	}
	switch {
	case held, turnedAway(err): // the server is there: the run keeps its lock
		l.watchdog.extend(HeartbeatTimeout)
	case err == nil:
		l.watchdog.cutNow()
		return false
	} // else until HeartbeatTimeout
	return true
}

// lostError is ErrLost with the reason why the heartbeats failed, if they did.
func (l *lease) lostError() error {
	if err := l.failed.Load(); err != nil {
		return fmt.Errorf("%w; its heartbeats failed: %s", ErrLost, advice(*err))
	}
	return ErrLost
}

// endLease stops the heartbeats.
func (s *session) endLease() {
	if s.lease == nil {
		return
	}
	close(s.lease.closed)
	s.lease.lose(nil)
	<-s.lease.done
	s.lease.stopWatch()
	s.lease.watchdog.stop()
	s.lease = nil
}

// Bind returns a context that also ends when the run loses its connection. The
// caller calls cancel.
func (r *Run) Bind(ctx context.Context) (bound context.Context, cancel func()) {
	bound, end := context.WithCancelCause(ctx)
	lost := r.lease.lost
	stop := context.AfterFunc(lost, func() { end(context.Cause(lost)) })
	return bound, func() { stop(); end(nil) }
}

// ShortenDeadline returns a func that shortens the session's deadline to
// cancelGrace, for a run that is given up. It may be called at any time, also
// after Close.
func (r *Run) ShortenDeadline() func() {
	dog := r.lease.watchdog
	return func() { dog.shorten(cancelGrace) }
}

// TerminateStale terminates the sessions of runs that were silent for longer than
// timeout, and returns their sources.
func TerminateStale(ctx context.Context, db *sqlx.DB, timeout time.Duration) ([]string, error) {
	var names []string
	err := db.SelectContext(ctx, &names, statement("terminate_stale"), lockClass, timeout.Seconds())
	return names, wrap(ctx, err)
}
