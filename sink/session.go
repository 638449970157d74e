package sink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// A session is one session with Postgres that carries the advisory lock of a
// connection. Postgres frees the lock when the session ends.
type session struct {
	source     string // name of the connection
	connection int    // directory_internal.connection.id
	db         *sqlx.DB
	conn       *sqlx.Conn
	lease      *lease // nil while the session does not hold the lock
}

// openSession takes a session from the pool. It opens one in the control pool first:
// a run without a session for its heartbeats would be taken for dead. It
// waits up to patience while the server is out of sessions, and then calls warn.
func openSession(ctx context.Context, db *sqlx.DB, source string, patience time.Duration, warn func(error)) (*session, error) {
	s := &session{source: source, db: db}
	return s, retryWhileFull(ctx, patience, warn, func() error {
		if control := ControlPool(db); control.Stats().OpenConnections == 0 {
			if err := control.PingContext(ctx); err != nil {
				return err
			}
		}
		return s.take(ctx)
	})
}

// take takes a session that answers. Idle sessions may have ended: a restart of
// Postgres ends all of them.
func (s *session) take(ctx context.Context) (err error) {
	for idle := s.db.Stats().Idle; ; idle-- {
		if s.conn, err = s.db.Connx(ctx); err != nil {
			return err
		}
		dog := s.watch(nil)
		err = s.conn.PingContext(ctx)
		dog.stop()
		if err == nil {
			return nil
		}
		s.discard()
		if idle <= 0 || ctx.Err() != nil {
			return err
		}
	}
}

// register finds the connection's row, or inserts it.
func (s *session) register(ctx context.Context, provider string) error {
	const find = `SELECT id FROM directory_internal.connection WHERE name = $1`
	err := s.conn.GetContext(ctx, &s.connection, find, s.source)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = s.conn.ExecContext(ctx, `INSERT INTO directory_internal.connection (name, provider) VALUES ($1, $2) ON CONFLICT DO NOTHING`, s.source, provider)
	if err != nil {
		return err
	}
	return s.conn.GetContext(ctx, &s.connection, find, s.source)
}

// close calls cleanup, unlocks the connection and returns the session to the pool.
// Where that fails, it closes the session.
func (s *session) close(ctx context.Context, cleanup func(context.Context) error) {
	s.endLease()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	dog := s.watch(nil)
	defer dog.stop()
	dog.extend(closeTimeout)
	var unlocked bool
	err := cleanup(ctx)
	if err == nil {
		err = s.conn.GetContext(ctx, &unlocked, `SELECT pg_catalog.pg_advisory_unlock($1, $2)`, lockClass, s.connection)
	}
	if err != nil || !unlocked {
		s.discard()
		return
	}
	_ = s.conn.Close() // it only returns the session
}

// discard closes the session, which frees its lock.
func (s *session) discard() {
	s.endLease()
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}
