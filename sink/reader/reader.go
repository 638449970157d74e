// Package reader reads the directory: accounts, trees, histories, runs, rejects
// and connections. It writes nothing and streams rows, so that memory does not
// grow with their number.
package reader

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// A Query is a question to the directory.
type Query struct {
	text  string
	order string
	limit int
	args  []any
}

// A Receiver takes an answer.
type Receiver interface {
	// Columns is called once, before the first row.
	Columns(columns []string) error
	// Row is called for each row. A value is nil, a string, an int64, a
	// float64, a bool, a time.Time in UTC, a []string, an []int64 or, where it
	// is JSON, a json.RawMessage. The slice is the receiver's for the call.
	Row(values []any) error
}

// Typed is a Receiver that asks for the columns' types as well.
type Typed interface {
	// Types is called once, before Columns, with Postgres' names: INT8, TEXT,
	// JSONB, _INT8 for an array, and so on.
	Types(types []string) error
}

// Read asks q and hands each row to r as it arrives: all of them as of one
// instant. It ends with r's first error.
func Read(ctx context.Context, db *sqlx.DB, q Query, r Receiver) error {
	ctx, cancel := context.WithCancel(ctx)
	text := q.text + "\nORDER BY " + q.order
	if q.limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", q.limit)
	}
	defer cancel()
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return explain(ctx, err)
	}
	defer tx.Rollback() // there is nothing to commit
	// Postgres cannot guess how deep a tree is, guesses far too high, and would
	// compile for a second what takes a millisecond.
	if _, err := tx.ExecContext(ctx, "SET LOCAL jit = off"); err != nil {
		return explain(ctx, err)
	}
	rows, err := tx.QueryContext(ctx, text, q.args...)
	if err != nil {
		return explain(ctx, err)
	}
	return hand(ctx, cancel, rows, r)
}

// hand gives the rows to r. lib/pq reads an answer to its end when rows are
// closed early, which may be a million rows: a cancelled statement has no rest.
func hand(ctx context.Context, cancel func(), rows *sql.Rows, r Receiver) (err error) {
	defer rows.Close() // rows.Err returns its error
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	types, err := rows.ColumnTypes()
	if err != nil {
		return explain(ctx, err)
	}
	columns, kinds := make([]string, len(types)), make([]string, len(types))
	values, targets := make([]any, len(types)), make([]any, len(types))
	for i, t := range types {
		columns[i], kinds[i], targets[i] = t.Name(), t.DatabaseTypeName(), &values[i]
	}
	if typed, ok := r.(Typed); ok {
		if err := typed.Types(kinds); err != nil {
			return err
		}
	}
	if err := r.Columns(columns); err != nil {
		return err
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return explain(ctx, err)
		}
		for i, kind := range kinds {
			if values[i], err = value(kind, values[i]); err != nil {
				return fmt.Errorf("column %s: %w", columns[i], err)
			}
		}
		if err := r.Row(values); err != nil {
			return err
		}
	}
	return explain(ctx, rows.Err())
}

// Count returns how many rows q has without its limit.
func Count(ctx context.Context, db *sqlx.DB, q Query) (n int64, err error) {
	err = db.GetContext(ctx, &n, "SELECT count(*) FROM (\n"+q.text+"\n) AS answer", q.args...)
	return n, explain(ctx, err)
}

// Limited is q with at most n rows; 0 is all.
func (q Query) Limited(n int) Query {
	q.limit = n
	return q
}
