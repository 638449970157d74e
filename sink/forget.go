package sink

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jmoiron/sqlx"
)

// minMention is the shortest external id that is looked for in what runs told:
// a shorter one would be found in their counts.
const minMention = 5

// Forget erases an account: its row and its history, what was rejected of it,
// held or staged, and where a run told of it. Accounts below it lose their parent and keep its external id.
// It returns how many hung right below it.
func Forget(ctx context.Context, db *sqlx.DB, source string, id int64) (children int64, err error) {
	err = exclusively(ctx, db, source, func(tx *sqlx.Tx, r *Run) error {
		var externalID string
		var root int64
		err := tx.QueryRowContext(ctx, `SELECT external_id, root_id FROM directory.accounts WHERE id = $1 AND source = $2 FOR UPDATE`, id, source).Scan(&externalID, &root)
		if err != nil {
			return err
		}
		if err := tx.GetContext(ctx, &children, `SELECT pg_catalog.count(*) FROM directory.accounts WHERE parent_id = $1`, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, statement("forget_ancestor"), id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, statement("forget_cycle"), root, id); err != nil {
			return err
		}
		if err := (&applying{Run: r, tx: tx}).drop(ctx); err != nil {
			return err
		}
		for _, table := range []string{"directory_internal.account_version", "directory_internal.last_change"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE account_id = $1`, id); err != nil {
				return err
			}
		}
		tables, err := tablesWith(ctx, tx, "source", "external_id")
		if err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE source = $1 AND external_id = $2`, source, externalID); err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
		}
		if len(externalID) < minMention {
			return nil
		}
		_, err = tx.ExecContext(ctx, statement("forget_mentions"), source, `(^|[^[:alnum:]])`+regexp.QuoteMeta(externalID)+`($|[^[:alnum:]])`)
		return err
	})
	return children, err
}
