// Package sink is the directory in Postgres: it opens and migrates the
// database, locks a connection for a run, compares and stages what the run
// read, and applies it in one transaction.
package sink

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
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
	db := from.pool(&connector{from: from, silence: sessionSilence, desk: newDesk(from)}, sessions, sessions)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// CheckURL tells what is wrong with a URL that no server need be asked about. It
// does not repeat the URL, which may hold a password.
func CheckURL(databaseURL string) error {
	_, _, err := parseURL(databaseURL)
	return err
}

// dataSource completes what the URL is silent about, and names the database for
// errors without user and password.
func dataSource(databaseURL string) (dsn, where string, err error) {
	u, err := url.Parse(databaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", "", errors.New("must be a URL such as postgres://user:password@host:5432/database")
	}
	q := u.Query()
	set := func(name, value string) {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	set("sslmode", "prefer") // psql's default; lib/pq's own is "require"
	set("application_name", "rollcall")
	set("connect_timeout", fmt.Sprint(int(connectTimeout.Seconds())))
	set("statement_timeout", fmt.Sprint(statementTimeout.Milliseconds()))
	set("idle_in_transaction_session_timeout", fmt.Sprint(idleTimeout.Milliseconds()))
	set("timezone", "UTC")
	// Compiling a statement of thirty columns takes longer than what it saves.
	set("jit", "off")
	u.RawQuery = q.Encode()
	host := u.Host
	if h := q.Get("host"); h != "" {
		host = h
	}
	return u.String(), fmt.Sprintf("%q at %s", strings.TrimPrefix(u.Path, "/"), host), nil
}
