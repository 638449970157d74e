// Package sink is the directory in Postgres: it opens and migrates the
// database, locks a connection for a run, compares and stages what the run
// read, and applies it in one transaction.
package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
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

// Open opens the database at url with at most sessions sessions. It does not
// look at the schema. Errors name host and database alone.
func Open(ctx context.Context, databaseURL string, sessions int) (*sqlx.DB, error) {
	t, err := dataSource(databaseURL, os.Environ())
	if err != nil {
		return nil, blamed(err)
	}
	connector := newConnector(t, sessionSilence)
	connector.desk = newDesk(t)
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	db.SetMaxOpenConns(sessions)
	db.SetMaxIdleConns(sessions)
	db.SetConnMaxIdleTime(sessionIdle)
	err = patiently(ctx, openPatience, nil, func() error {
		ctx, cancel := context.WithTimeout(ctx, t.limit)
		defer cancel()
		return db.PingContext(ctx)
	})
	if err != nil {
		_ = db.Close()
		return nil, &Error{Database: t.where, Err: err}
	}
	return db, nil
}

// CheckURL returns what is wrong with a URL that no server need be asked about.
// It does not repeat the URL, which may hold a password.
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

// blamed names what a parameter came from.
func blamed(err error) error {
	if wrong := (*parameterError)(nil); errors.As(err, &wrong) && wrong.From != "" {
		return err
	}
	return fmt.Errorf("DATABASE_URL: %w", err)
}
