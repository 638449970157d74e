package sink

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// A Gauge is how a source stands, as far as it can be told without counting its
// accounts.
type Gauge struct {
	Source    string
	Applied   *time.Time `db:"last_applied_at"` // when its accounts changed last; nil: never
	Succeeded *time.Time `db:"succeeded_at"`    // end of the last run that saw a whole listing; nil: never
	Held      int64      // deletions
	Rejects   int64      // open ones
	Hints     int64      // accounts still to be fetched
	Running   int64      // runs, in any process
}

// Gauges returns how the sources stand.
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

// Ready reports what keeps a run from beginning now: a new session cannot be
// opened, the server takes no writes, or the schema is older than this program.
func Ready(ctx context.Context, db *sqlx.DB) error {
	if c, ours := db.Driver().(*connector); ours {
		db = c.from.fresh()
		defer func() { _ = db.Close() }()
	}
	var readOnly bool
	err := db.GetContext(ctx, &readOnly, `SELECT pg_catalog.pg_is_in_recovery() OR pg_catalog.current_setting('transaction_read_only') = 'on'`)
	if err == nil && readOnly {
		return &Error{Err: errors.New("is read-only (a standby?): rollcall needs the primary")}
	}
	current := false
	if err == nil {
		current, err = isCurrent(ctx, db)
	}
	if err == nil && !current {
		err = errors.New("the schema is older than this program: run rollcall migrate up")
	}
	return wrap(ctx, err)
}

// IsTransient tells whether a failure may pass by itself: the database is away,
// starting, or out of connections, or its URL cannot be read. A wrong password does not.
func IsTransient(err error) bool {
	var failure *Error
	if !errors.As(err, &failure) {
		return false
	}
	if errors.As(failure.Err, new(*lockedError)) {
		return true
	}
	var refusal *pq.Error
	if errors.As(failure.Err, &refusal) {
		class := string(refusal.Code[:2])
		return class == "08" || class == "53" || class == "57"
	}
	var network interface{ Timeout() bool }
	return errors.As(err, new(*URLError)) || errors.As(failure.Err, &network) || errors.Is(failure.Err, errNoHost) || errors.Is(failure.Err, context.DeadlineExceeded) ||
		errors.Is(failure.Err, driver.ErrBadConn) || errors.Is(failure.Err, io.EOF) || errors.Is(failure.Err, io.ErrUnexpectedEOF)
}
