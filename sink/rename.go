package sink

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A TakenError is a name that another connection has.
type TakenError struct{ Source string }

func (e *TakenError) Error() string {
	return fmt.Sprintf("the directory knows a connection %q already: give another name; what two connections brought is never put together", e.Source)
}

// Rename gives a connection another name, everywhere: in its accounts and their
// history, its runs, held deletions and rejects. It returns how many accounts
// it has.
func Rename(ctx context.Context, db *sqlx.DB, from, to string) (accounts int64, err error) {
	err = exclusively(ctx, db, from, func(tx *sqlx.Tx, r *Run) error {
		var taken bool
		if err := tx.GetContext(ctx, &taken, statement("name_taken"), to); err != nil {
			return err
		}
		if taken {
			return &TakenError{to}
		}
		tables, err := tablesWith(ctx, tx, "source")
		if err != nil {
			return err
		}
		for _, table := range tables {
			res, err := tx.ExecContext(ctx, `UPDATE `+table+` SET source = $2 WHERE source = $1`, from, to)
			if err != nil {
				return err
			}
			if table == "directory.accounts" {
				if accounts, err = res.RowsAffected(); err != nil {
					return err
				}
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE directory_internal.connection SET name = $2 WHERE id = $1`, r.connection, to)
		return err
	})
	return accounts, err
}

// tablesWith names our tables that have all of those columns. They are looked
// up, so that none is forgotten that a later version of the schema adds.
func tablesWith(ctx context.Context, tx *sqlx.Tx, columns ...string) (tables []string, err error) {
	return tables, tx.SelectContext(ctx, &tables, statement("tables_with"), pq.Array(columns))
}
