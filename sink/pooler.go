package sink

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jmoiron/sqlx"
)

// ErrPooled means that a pooler assigns the server's sessions per transaction: an
// advisory lock would then belong to no session of ours.
var ErrPooled = errors.New("a pooler in transaction mode is between rollcall and Postgres, which breaks advisory locks: let DATABASE_URL name Postgres itself, or have the pooler pool by session")

// CheckPooler returns ErrPooled where two sessions of ours are one of the
// server's, or one of ours is two of the server's. It costs five short
// statements, once per process. A pool of one session is not checked.
func CheckPooler(ctx context.Context, db *sqlx.DB) error {
	if db.Stats().MaxOpenConnections == 1 {
		return nil
	}
	a, err := db.Connx(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	var b *sqlx.Conn
	if err := retryWhileFull(ctx, openPatience, nil, func() (err error) { b, err = db.Connx(ctx); return err }); err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	first, err := backend(ctx, a)
	if err != nil {
		return err
	}
	tx, err := b.BeginTxx(ctx, &sql.TxOptions{ReadOnly: true}) // what a has been using is b's now, if they share
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	second, err := backend(ctx, tx)
	if err == nil && second == first {
		return ErrPooled
	}
	if err != nil {
		return err
	}
	again, err := backend(ctx, a)
	if err == nil && again != first {
		return ErrPooled
	}
	return err
}

// backend returns the pid of the server's process.
func backend(ctx context.Context, q sqlx.QueryerContext) (pid int, err error) {
	return pid, sqlx.GetContext(ctx, q, &pid, `SELECT pg_catalog.pg_backend_pid()`)
}
