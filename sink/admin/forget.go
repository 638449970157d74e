package admin

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
)

// minMention is the shortest external id that is searched for in the errors of
// runs: a shorter one would match their counts.
const minMention = 5

// Forget erases an account: its row and its history, its rejects, held deletion and
// staged rows, and its mentions in the errors of runs. Its children lose their
// parent and keep its external id. It returns how many children it had.
func Forget(ctx context.Context, db *sqlx.DB, source string, id int64) (children int64, err error) {
	err = exclusively(ctx, db, source, func(e *sink.Exclusive) (err error) {
		children, err = forget(ctx, e, source, id)
		return sink.Wrap(ctx, err)
	})
	return children, err
}

func forget(ctx context.Context, e *sink.Exclusive, source string, id int64) (children int64, err error) {
	var externalID string
	var root int64
	err = e.QueryRowContext(ctx, `SELECT external_id, root_id FROM directory.accounts WHERE id = $1 AND source = $2 FOR UPDATE`, id, source).Scan(&externalID, &root)
	if err != nil {
		return 0, err
	}
	if err := e.GetContext(ctx, &children, `SELECT pg_catalog.count(*) FROM directory.accounts WHERE parent_id = $1`, id); err != nil {
		return 0, err
	}
	if err := e.DropStaged(ctx); err != nil {
		return 0, err
	}
	type step struct {
		query string
		args  []any
	}
	steps := []step{
		{statement("forget_ancestor"), []any{id}},
		{statement("forget_cycle"), []any{root, id}},
		{`DELETE FROM directory_internal.account_version WHERE account_id = $1`, []any{id}},
		{`DELETE FROM directory_internal.last_change WHERE account_id = $1`, []any{id}},
	}
	tables, err := tablesWith(ctx, e.Tx, "source", "external_id")
	if err != nil {
		return 0, err
	}
	for _, table := range tables {
		steps = append(steps, step{`DELETE FROM ` + table + ` WHERE source = $1 AND external_id = $2`, []any{source, externalID}})
	}
	if len(externalID) >= minMention {
		steps = append(steps, step{statement("forget_mentions"), []any{source, `(^|[^[:alnum:]])` + regexp.QuoteMeta(externalID) + `($|[^[:alnum:]])`}})
	}
	for _, s := range steps {
		if _, err := e.ExecContext(ctx, s.query, s.args...); err != nil {
			return 0, fmt.Errorf("erase account %d: %w", id, err)
		}
	}
	return children, nil
}
