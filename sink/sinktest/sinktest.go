// Package sinktest gives each test a Postgres database of its own.
//
// The tests of a package share one embedded server, which starts with the first
// of them that asks and ends with the process. TEST_DATABASE_URL names another
// server to use instead. A test that finds no Postgres fails: it is never skipped.
package sinktest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq" // the driver
	"go.uber.org/goleak"

	"rollcall/sink/embedded"
)

// settings of the shared server: many tests run at once, each with a pool.
var settings = map[string]string{"max_connections": "200"}

// shared is the server that the tests of this process share.
var shared struct {
	sync.Mutex
	server *embedded.Server
	err    error // why it did not start; it is tried once
}

// Main runs a package's tests: call it from TestMain. It stops the shared server
// and fails a package that leaves goroutines behind. A package that needs no
// TestMain can do without: the server ends with the process.
func Main(m *testing.M) {
	code := m.Run()
	err := stop()
	if code == 0 {
		err = errors.Join(err, goleak.Find())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sinktest:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Open connects to a fresh, empty database, and closes and drops it at the end of t.
func Open(t testing.TB) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Connect("postgres", URL(t))
	if err != nil {
		t.Fatalf("sinktest: connecting: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("sinktest: closing: %v", err)
		}
	})
	return db
}

// URL makes a fresh, empty database, dropped at the end of t, and returns its
// address. Roles belong to the server: tests that make one share it.
func URL(t testing.TB) string {
	t.Helper()
	admin, err := adminURL()
	if err != nil {
		t.Fatalf("sinktest: %v", err)
	}
	name := "rollcall_test_" + strings.ToLower(rand.Text())
	if err := execute(admin, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("sinktest: creating a database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("sinktest: dropping a database: %v", err)
		}
	})
	fresh := *admin
	fresh.Path = "/" + name
	return fresh.String()
}

// Publish publishes all tables of db, as a site that replicates its directory
// does: Postgres then refuses to update or delete rows of a logged table without
// a primary key or a replica identity.
func Publish(t testing.TB, db *sqlx.DB) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), `CREATE PUBLICATION everything FOR ALL TABLES`); err != nil {
		t.Fatalf("sinktest: publishing: %v", err)
	}
}

// Server starts a server for t alone, which t may shut down and bring up again.
// It costs most of a second: URL is enough for most tests.
func Server(t testing.TB) *embedded.Server {
	t.Helper()
	lasting := maps.Clone(settings)
	lasting["synchronous_commit"] = "on" // what was committed is there after Shutdown(embedded.Immediate)
	s, err := embedded.Start(t.Context(), embedded.Options{Settings: lasting})
	if err != nil {
		t.Fatalf("sinktest: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("sinktest: %v", err)
		}
	})
	return s
}

// adminURL is the address of a database from which to create others.
func adminURL() (*url.URL, error) {
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		u, err := url.Parse(given)
		if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
			return nil, errors.New("TEST_DATABASE_URL is not of the form postgres://user:password@host/database") // says nothing of its secrets
		}
		return u, nil
	}
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		// Not t's context: the server outlives the test that asks first.
		shared.server, shared.err = embedded.Start(context.Background(), embedded.Options{Settings: settings})
	}
	if shared.err != nil {
		return nil, shared.err
	}
	return url.Parse(shared.server.URL())
}

func stop() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return nil
	}
	err := shared.server.Stop()
	shared.server = nil
	return err
}

// executeTimeout bounds the making of a database, on a busy machine too.
const executeTimeout = time.Minute

// execute runs one statement on a connection of its own. It is not bound to a
// test's context, which is over when its cleanup drops the database.
func execute(u *url.URL, statement string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), executeTimeout)
	defer cancel()
	db, err := sql.Open("postgres", u.String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}
