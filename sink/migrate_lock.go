package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3/lock"
)

const (
	// lockTimeout is how long a migration may wait for one lock: readers of the
	// table queue behind it meanwhile.
	lockTimeout = 200 * time.Millisecond

	// The pause before a migration tries again, in which readers pass; it doubles
	// from the first to the longest.
	firstLockPause   = 250 * time.Millisecond
	longestLockPause = 5 * time.Second

	// lockPatience is how long a migration keeps trying.
	lockPatience = 5 * time.Minute

	// waitLogEvery is how often the log repeats what a migration waits for.
	waitLogEvery = 30 * time.Second
)

// A lockedError is a migration that never got a lock it needs.
type lockedError struct {
	patience time.Duration
	holders  string
}

func (e *lockedError) Error() string {
	return fmt.Sprintf("schema migration gave up after %v: %s holds a lock that it needs; end that transaction, or run rollcall migrate up later",
		e.patience, e.holders)
}

// lockedOut reports whether a migration failed, and was rolled back, because
// another session held a lock.
func lockedOut(err error) bool { return isLocked(err) || pq.As(err, pqerror.TRDeadlockDetected) != nil }

// untilUnlocked repeats try until it gets its locks. try gives up a lock after
// the timeout that it gets, and returns the sessions that held it.
func untilUnlocked(ctx context.Context, log *slog.Logger, patience time.Duration, try func(timeout time.Duration) (holders, error)) error {
	deadline := time.Now().Add(patience)
	timeout := lockTimeout
	var logged time.Time
	var reported string
	var held holders // as far as known
	err := backoff{firstLockPause, longestLockPause, patience}.retry(ctx, func() error {
		found, err := try(timeout)
		if len(found) > 0 {
			held = found
		}
		return err
	}, func(err error) bool {
		if !lockedOut(err) {
			return false
		}
		if text := held.String(); text != reported || time.Since(logged) >= waitLogEvery {
			log.Warn("schema migration waits for a lock; readers pass meanwhile", "held_by", text, "gives_up_in", time.Until(deadline).Round(time.Second))
			reported, logged = text, time.Now()
		}
		// Postgres cancels an autovacuum only for sessions that wait for longer than
		// deadlock_timeout.
		timeout = lockTimeout
		if held.onlyAutovacuum() {
			timeout += held[0].DeadlockTimeout
		}
		return true
	})
	if lockedOut(err) {
		return &lockedError{patience, held.String()}
	}
	return err
}

// A holder is a session that holds a lock which another one waits for.
type holder struct {
	PID             int
	Role            string
	Application     string
	Autovacuum      bool
	Since           *time.Time    // start of its transaction
	DeadlockTimeout time.Duration `db:"deadlock_timeout"` // in the database's settings
}

type holders []holder

func (h holders) onlyAutovacuum() bool {
	return len(h) > 0 && !slices.ContainsFunc(h, func(one holder) bool { return !one.Autovacuum })
}

func (h holders) String() string {
	var list []string
	for _, each := range h {
		switch {
		case each.PID == 0:
			list = append(list, "a prepared transaction (see pg_prepared_xacts)")
			continue
		case each.Autovacuum:
			list = append(list, fmt.Sprintf("pid %d (autovacuum)", each.PID))
			continue
		}
		text := fmt.Sprintf("pid %d (role %s", each.PID, each.Role)
		if each.Application != "" {
			text += ", application " + each.Application
		}
		if each.Since != nil {
			text += ", transaction open since " + each.Since.UTC().Format(time.RFC3339)
		}
		list = append(list, text+")")
	}
	if len(list) == 0 {
		return "another session"
	}
	return strings.Join(list, ", ")
}

// A boundedLocker takes goose's lock, and bounds the session's waits for other
// locks for as long as it holds that.
type boundedLocker struct {
	lock.SessionLocker
	timeout time.Duration
	pid     *atomic.Int32 // of the session; 0 while it does not migrate
}

// SessionLock takes the lock.
func (l boundedLocker) SessionLock(ctx context.Context, conn *sql.Conn) error {
	var pid int32
	if err := conn.QueryRowContext(ctx, `SELECT pg_catalog.pg_backend_pid()`).Scan(&pid); err != nil {
		return err
	}
	// First, since the session would keep goose's lock should this fail after it.
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`SET lock_timeout = %d`, l.timeout.Milliseconds())); err != nil {
		return err
	}
	if err := l.SessionLocker.SessionLock(ctx, conn); err != nil {
		_, reset := conn.ExecContext(context.WithoutCancel(ctx), `RESET lock_timeout`)
		return errors.Join(err, reset)
	}
	l.pid.Store(pid)
	return nil
}

// SessionUnlock releases the lock.
func (l boundedLocker) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	l.pid.Store(0)
	_, err := conn.ExecContext(ctx, `RESET lock_timeout`)
	return errors.Join(err, l.SessionLocker.SessionUnlock(ctx, conn))
}

// watchLock notes who holds what the session pid waits for, until stop is called,
// which returns the last ones noted.
func watchLock(ctx context.Context, db *sqlx.DB, pid *atomic.Int32) (stop func() holders) {
	ctx, cancel := context.WithCancel(ctx)
	found := make(chan holders, 1)
	go func() {
		var last holders
		look := time.NewTicker(lockTimeout / 4)
		defer look.Stop()
		_ = db.PingContext(ctx) // opens a session before it is needed; an error shows below
		for {
			select {
			case <-look.C:
			case <-ctx.Done():
				found <- last
				return
			}
			waiting := pid.Load()
			if waiting == 0 {
				continue
			}
			var now holders
			if err := db.SelectContext(ctx, &now, statement("lock_holders"), waiting); err == nil && len(now) > 0 {
				last = now
			}
		}
	}()
	return func() holders { cancel(); return <-found }
}
