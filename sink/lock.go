package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// lockClass is the first key of rollcall's advisory locks; the second is the
// connection's id, and 0 for locks of no connection.
const lockClass = 0x726f6c6c // "roll"

// lockPoll is how often a lock that another session holds is tried again. Waiting
// inside Postgres would hold a snapshot open.
const lockPoll = 200 * time.Millisecond

// ErrBusy means that another run holds the connection.
var ErrBusy = errors.New("another run holds the connection")

// A BusyError is an ErrBusy that names who holds the connection.
type BusyError struct {
	Source  string
	Role    string
	PID     int
	Foreign bool // the role may not write to the directory, so its session is no run
}

// Is reports whether the target is ErrBusy. A foreign holder is not: runs give
// way to runs alone.
func (e *BusyError) Is(target error) bool { return target == ErrBusy && !e.Foreign }

func (e *BusyError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("the lock of %s is held by role %q (pid %d), which is no run: SELECT pg_terminate_backend(%d) ends its session; then run again", e.Source, e.Role, e.PID, e.PID)
	}
	return fmt.Sprintf("%v: role %q, pid %d", ErrBusy, e.Role, e.PID)
}

// lock takes the connection's advisory lock, for which it waits up to wait. It calls
// warn, if set, with the holder when the wait begins.
func (s *session) lock(ctx context.Context, wait time.Duration, warn func(error)) error {
	deadline := time.Now().Add(wait)
	dog := s.watch(nil)
	defer dog.stop()
	var checked time.Time // for a stale holder
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		dog.extend(HeartbeatTimeout)
		var held bool
		var pid int
		err := s.conn.QueryRowContext(ctx, `SELECT pg_catalog.pg_try_advisory_lock($1, $2), pg_catalog.pg_backend_pid()`, lockClass, s.connection).Scan(&held, &pid)
		if err != nil {
			return err
		}
		if held {
			s.keepLease(ctx, pid, warn)
			return nil
		}
		if checked.IsZero() && wait > 0 && warn != nil {
			warn(s.holder(ctx))
		}
		if time.Since(checked) >= heartbeatEvery {
			checked = time.Now()
			ended, err := TerminateStale(ctx, ControlPool(s.db), HeartbeatTimeout)
			if err != nil {
				return err
			}
			if soon := time.Now().Add(endedWait); slices.Contains(ended, s.source) && deadline.Before(soon) {
				deadline = soon
			}
		}
		if time.Now().After(deadline) {
			return s.holder(ctx)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}

// holder returns a BusyError for the holder of the lock, ErrBusy where it was
// freed meanwhile.
func (s *session) holder(ctx context.Context) error {
	e := &BusyError{Source: s.source}
	err := s.conn.QueryRowContext(ctx, statement("lock_holder"), lockClass, s.connection).Scan(&e.PID, &e.Role, &e.Foreign)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrBusy
	case err != nil:
		return err
	}
	return e
}
