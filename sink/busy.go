package sink

import (
	"context"
	"database/sql"
	"errors"
)

// busy returns who holds the connection: ErrBusy where it is free by now.
func (r *Run) busy(ctx context.Context) error {
	e := &BusyError{Source: r.Source}
	err := r.conn.QueryRowContext(ctx, statement("lock_holder"), lockClass, r.connection).Scan(&e.PID, &e.Role, &e.Foreign)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrBusy
	case err != nil:
		return err
	}
	return e
}
