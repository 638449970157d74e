package sink

import (
	"context"
	"errors"
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

// errStopped ends a query whose rows are no longer wanted.
var errStopped = errors.New("stopped")

// StoredAccounts yields the accounts of a source, deleted ones too, by external
// id. Payload is valid until the next one.
func StoredAccounts(ctx context.Context, db *sqlx.DB, source string) iter.Seq2[StoredAccount, error] {
	return func(yield func(StoredAccount, error) bool) {
		var a StoredAccount
		for n := storedPage; n == storedPage; {
			n = 0
			err := eachRow(ctx, db, statement("stored_accounts"), []any{source, a.ExternalID, storedPage}, func() error {
				if n++; !yield(a, nil) {
					return errStopped
				}
				return nil
			}, &a.ExternalID, &a.Payload, &a.Parent, &a.Status)
			if err != nil {
				if !errors.Is(err, errStopped) {
					yield(StoredAccount{}, wrap(ctx, err))
				}
				return
			}
		}
	}
}

// StoredRejects yields the open rejects of a source whose record could be kept.
func StoredRejects(ctx context.Context, db *sqlx.DB, source string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var raw []byte
		err := eachRow(ctx, db, statement("stored_rejects"), []any{source}, func() error {
			if !yield(raw, nil) {
				return errStopped
			}
			return nil
		}, &raw)
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, wrap(ctx, err))
		}
	}
}

// Live returns how many live accounts the source has.
func (r *Run) Live(ctx context.Context) (n int64, err error) {
	err = r.conn.GetContext(ctx, &n, `SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL`, r.Source)
	return n, wrap(ctx, err)
}
