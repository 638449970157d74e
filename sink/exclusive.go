package sink

import (
	"context"

	"github.com/jmoiron/sqlx"
)

// An Exclusive is a transaction during which no run of the connection can apply.
type Exclusive struct {
	*sqlx.Tx
	Connection int // directory_internal.connection.id
	staging    *staging
}

// DropStaged deletes everything that is staged for the connection.
func (e *Exclusive) DropStaged(ctx context.Context) error { return e.staging.drop(ctx, e.Tx) }

// Exclusively commits what work does to a connection, whose lock it holds meanwhile.
// It returns ErrBusy when a run still holds the lock after ManualWait.
func Exclusively(ctx context.Context, db *sqlx.DB, source, provider string, work func(*Exclusive) error) error {
	s, err := openSession(ctx, db, source, ManualWait, nil)
	if err != nil {
		return wrap(ctx, err)
	}
	err = s.register(ctx, provider)
	if err == nil {
		err = s.lock(ctx, ManualWait, nil)
	}
	if err != nil {
		s.discard()
		return wrap(ctx, err)
	}
	defer s.close(ctx, func(context.Context) error { return nil })
	tx, err := s.conn.BeginTxx(ctx, nil)
	if err != nil {
		return wrap(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	e := &Exclusive{Tx: tx, Connection: s.connection, staging: &staging{session: s}}
	if err := tx.GetContext(ctx, &e.staging.table, statement("exclusive"), s.connection); err != nil {
		return wrap(ctx, err)
	}
	if err := work(e); err != nil {
		return err
	}
	return wrap(ctx, tx.Commit())
}
