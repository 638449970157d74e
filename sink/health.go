package sink

import (
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Gauge is the state of a source, without the numbers of its accounts.
type Gauge struct {
	Source    string
	Applied   *time.Time `db:"last_applied_at"` // when its accounts changed last; nil: never
	Succeeded *time.Time `db:"succeeded_at"`    // end of the last run that saw a whole listing; nil: never
	Held      int64      // deletions
	Rejects   int64      // open ones
	Refreshes int64      `db:"hints"` // pending
	Running   int64      // runs, in any process
}

// Gauges returns the state of each source.
func Gauges(ctx context.Context, db *sqlx.DB, sources []string) ([]Gauge, error) {
	var list []Gauge
	err := db.SelectContext(ctx, &list, statement("gauges"), pq.Array(sources))
	return list, wrap(ctx, err)
}

// CountAccounts counts a source's live accounts, and those of them whose parent
// is unknown. It reads an index of all of them.
func CountAccounts(ctx context.Context, db *sqlx.DB, source string) (live, orphans int64, err error) {
	err = db.QueryRowContext(ctx, statement("count_accounts"), source).Scan(&live, &orphans)
	return live, orphans, wrap(ctx, err)
}

// Ready returns what keeps a run from beginning now: a new session cannot be
// opened, the server takes no writes, or the schema is older than this program.
func Ready(ctx context.Context, db *sqlx.DB) error {
	if c, ours := db.Driver().(*connector); ours {
		db = c.from.fresh()
		defer func() { _ = db.Close() }()
	}
	var readOnly bool
	err := db.GetContext(ctx, &readOnly, `SELECT pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only') = 'on'`)
	if err == nil && readOnly {
		return &Error{Err: errReadOnly}
	}
	if err != nil {
		return wrap(ctx, err)
	}
	applied, newest, err := SchemaVersion(ctx, db)
	if err == nil && applied < newest {
		err = errors.New("the schema is older than this program: run rollcall migrate up")
	}
	return wrap(ctx, err)
}

// Configured records which connections are configured, for source_health: one that
// is not may be stale without being at fault.
func Configured(ctx context.Context, db *sqlx.DB, names []string) error {
	_, err := db.ExecContext(ctx, statement("configured"), pq.Array(names))
	return wrap(ctx, err)
}

// Identity returns where a connection's accounts came from, "" where that is not
// known or there is no directory yet.
func Identity(ctx context.Context, db *sqlx.DB, source string) (identity string, err error) {
	var there bool
	if err := db.GetContext(ctx, &there, `SELECT pg_catalog.to_regclass('directory_internal.connection') IS NOT NULL`); err != nil || !there {
		return "", wrap(ctx, err)
	}
	err = db.GetContext(ctx, &identity, `SELECT coalesce(pg_catalog.max(identity), '') FROM directory_internal.connection WHERE name = $1`, source)
	return identity, wrap(ctx, err)
}
