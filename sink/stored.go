package sink

import (
	"context"
	"iter"

	"github.com/jmoiron/sqlx"
)

// A StoredAccount is what the directory holds of an account's record.
type StoredAccount struct {
	ExternalID string
	Facts
}

// storedPage is how many accounts one statement reads. Rows come one by one: it
// bounds how long a statement runs, not the memory.
const storedPage = 5000

// StoredAccounts yields the accounts of a source, deleted ones too, by external
// id. Payload is good until the next one.
func StoredAccounts(ctx context.Context, db *sqlx.DB, source string) iter.Seq2[StoredAccount, error] {
	return func(yield func(StoredAccount, error) bool) {
		after := ""
		for {
			n := 0
			more := func(a StoredAccount) bool {
				n, after = n+1, a.ExternalID
				return yield(a, nil)
			}
			stopped, err := storedAfter(ctx, db, source, after, more)
			if err != nil {
				yield(StoredAccount{}, wrap(ctx, err))
				return
			}
			if stopped || n < storedPage {
				return
			}
		}
	}
}

func storedAfter(ctx context.Context, db *sqlx.DB, source, after string, each func(StoredAccount) bool) (stopped bool, err error) {
	rows, err := db.QueryContext(ctx, statement("stored_accounts"), source, after, storedPage)
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var a StoredAccount
		if err := rows.Scan(&a.ExternalID, &a.Payload, &a.Parent, &a.Status); err != nil {
			return false, err
		}
		if !each(a) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// StoredRejects yields the open rejects of a source whose record could be kept.
func StoredRejects(ctx context.Context, db *sqlx.DB, source string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows, err := db.QueryContext(ctx, statement("stored_rejects"), source)
		if err != nil {
			yield(nil, wrap(ctx, err))
			return
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var raw []byte
			err := rows.Scan(&raw)
			if !yield(raw, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, wrap(ctx, err))
		}
	}
}

// Live returns how many live accounts the source has.
func (r *Run) Live(ctx context.Context) (n int64, err error) {
	err = r.conn.GetContext(ctx, &n, `SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL`, r.Source)
	return n, wrap(ctx, err)
}
