package admin

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"rollcall/sink"
)

// A TakenError is a name that another connection has.
type TakenError struct{ Source string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("the directory knows a connection %q already: give another name; the accounts of two connections are never merged", e.Source)
}

// Rename gives a connection another name, everywhere: in its accounts and their
// history, its runs, held deletions and rejects. It returns how many accounts
// it has.
func Rename(ctx context.Context, db *sqlx.DB, from, to string) (accounts int64, err error) {
	err = exclusively(ctx, db, from, func(e *sink.Exclusive) error {
		var taken bool
		if err := e.GetContext(ctx, &taken, statement("name_taken"), to); err != nil {
			return sink.Wrap(ctx, err)
		}
		if taken {
			return &TakenError{to}
		}
		accounts, err = rename(ctx, e, from, to)
		return sink.Wrap(ctx, err)
	})
	return accounts, err
}

func rename(ctx context.Context, e *sink.Exclusive, from, to string) (accounts int64, err error) {
	tables, err := tablesWith(ctx, e.Tx, "source")
	if err != nil {
		return 0, err
	}
	for _, table := range tables {
		res, err := e.ExecContext(ctx, `UPDATE `+table+` SET source = $2 WHERE source = $1`, from, to)
		if err != nil {
			return 0, err
		}
		if table == "directory.accounts" {
			if accounts, err = res.RowsAffected(); err != nil {
				return 0, err
			}
		}
	}
	_, err = e.ExecContext(ctx, `UPDATE directory_internal.connection SET name = $2 WHERE id = $1`, e.Connection, to)
	return accounts, err
}

// tablesWith names our tables that have all of those columns. It looks them up in
// the catalog, so that a table which a later version of the schema adds is not
// left out.
func tablesWith(ctx context.Context, tx *sqlx.Tx, columns ...string) (tables []string, err error) {
	return tables, tx.SelectContext(ctx, &tables, statement("tables_with"), pq.Array(columns))
}
