// Package sink is the directory in Postgres: it opens and migrates the
// database, locks a connection for a run, compares and stages what the run
// read, and applies it in one transaction.
package sink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// connectTimeout is how long a session may take to open. A server that
	// restarts is back within seconds.
	connectTimeout = 10 * time.Second

	// statementTimeout ends a statement that runs for longer; the longest one,
	// the insert of a first load of two million accounts, takes minutes.
	statementTimeout = 30 * time.Minute

	// idleTimeout ends a transaction that was left open: rollcall never waits
	// for a provider inside of one.
	idleTimeout = 60 * time.Second

	// A session whose server is silent for idle + count × interval is dead.
	keepAliveIdle     = 15 * time.Second
	keepAliveInterval = 10 * time.Second
	keepAliveCount    = 3
)

// Open opens the database at databaseURL with at most sessions sessions. It does
// not look at the schema. Errors name host and database alone.
func Open(ctx context.Context, databaseURL string, sessions int) (*sqlx.DB, error) {
	return OpenFrom(ctx, func(context.Context) (string, error) { return databaseURL, nil }, sessions)
}

// OpenFrom is Open with a URL that is read for each new session, so that a
// rotated password needs no restart.
func OpenFrom(ctx context.Context, read func(context.Context) (string, error), sessions int) (*sqlx.DB, error) {
	from := &origin{read: read}
	db := from.pool(&connector{from: from, silence: sessionSilence, control: newControlPool(from)}, sessions, sessions)
	if err := retryWhileFull(ctx, openPatience, nil, func() error { return db.PingContext(ctx) }); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// CheckURL returns what is wrong with a URL, without connecting. It does not repeat
// the URL, which may hold a password.
func CheckURL(databaseURL string) error {
	_, err := dataSource(databaseURL, os.Environ())
	if wrong := (*parameterError)(nil); errors.As(err, &wrong) && wrong.From != "" {
		return nil // CheckEnvironment says so
	}
	return err
}

// CheckEnvironment returns what is wrong with the variables, such as PGSSLMODE,
// that complete the URL.
func CheckEnvironment(databaseURL string) error {
	_, err := dataSource(databaseURL, os.Environ())
	if wrong := (*parameterError)(nil); errors.As(err, &wrong) && wrong.From != "" {
		return err
	}
	return nil
}

// Password returns the password that opens sessions at a URL, "" where there is
// none or it is no secret: the name of the user, of the database or of a host
// appears in any text.
func Password(databaseURL string) string {
	p, err := collect(databaseURL, os.Environ())
	password := p["password"].value
	if err != nil || slices.Contains(append(items(p["host"]), "postgres", p["user"].value, p["dbname"].value), password) {
		return ""
	}
	return password
}

// blamed names the variable or file of a parameter.
func blamed(err error) error {
	if wrong := (*parameterError)(nil); errors.As(err, &wrong) && wrong.From != "" {
		return err
	}
	return fmt.Errorf("DATABASE_URL: %w", err)
}
