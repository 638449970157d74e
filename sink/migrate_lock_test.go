package sink

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// A lineLog passes on each line that is logged.
type lineLog chan string

func (l lineLog) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}

// analyst begins a transaction that has read accounts, and returns its pid.
func analyst(t *testing.T, db *sqlx.DB) (tx *sqlx.Tx, pid int) {
	t.Helper()
	tx, err := db.BeginTxx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	var n int
	if err := tx.QueryRow(`SELECT pg_backend_pid(), count(*) FROM directory.accounts`).Scan(&pid, &n); err != nil {
		t.Fatal(err)
	}
	return tx, pid
}

// A migration that waits for an analyst lets other readers pass, says whom it
// waits for, and ends once the analyst does.
func TestAMigrationMakesNoReaderQueue(t *testing.T) {
	t.Parallel()
	db := migratedTo(t, 2) // 0003 locks accounts
	tx, pid := analyst(t, db)
	lines, done := make(lineLog), make(chan error, 1)
	m := Migration{DB: db, ReaderRole: "directory_reader", Log: slog.New(slog.NewTextHandler(lines, nil))}
	go func() { done <- m.Run(t.Context()); close(lines) }()
	var me string
	if err := db.Get(&me, `SELECT current_user`); err != nil {
		t.Fatal(err)
	}
	holder := fmt.Sprintf("pid %d (role %s, application rollcall", pid, me)
	for line := range lines { // ends too should the migration
		if strings.Contains(line, holder) {
			break
		}
	}
	go func() {
		for range lines {
		}
	}()
	// Behind a lock that waits for the analyst, these would not end before it.
	reader, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 20 {
		var n int
		if err := db.GetContext(reader, &n, `SELECT count(*) FROM directory.accounts`); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-done:
		t.Fatalf("it ended before the analyst: %v", err)
	default:
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if applied, newest, err := SchemaVersion(t.Context(), db); err != nil || applied < newest {
		t.Errorf("version %d of %d, %v", applied, newest, err)
	}
}

// A migration gives up at last, names who is in its way, and changes no session
// of the pool.
func TestAMigrationGivesUp(t *testing.T) {
	t.Parallel()
	db := migratedTo(t, 2) // 0003 locks accounts
	var before string
	if err := db.Get(&before, `SHOW lock_timeout`); err != nil {
		t.Fatal(err)
	}
	_, pid := analyst(t, db)
	err := Migration{DB: db, ReaderRole: "directory_reader", patience: 2 * time.Second}.Run(t.Context())
	if want := fmt.Sprintf("gave up after 2s: pid %d (role ", pid); err == nil || !strings.Contains(err.Error(), want) || !IsTransient(err) {
		t.Errorf("%v, want %q, and that it may pass", err, want)
	}
	for range 4 {
		var timeout string
		if err := db.Get(&timeout, `SHOW lock_timeout`); err != nil || timeout != before {
			t.Errorf("lock_timeout %s, was %s, %v", timeout, before, err)
		}
	}
}

// What Postgres may be waiting for, in words.
func TestWhoHoldsALock(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for want, h := range map[string]holders{
		"another session":    nil,
		"pid 7 (autovacuum)": {{PID: 7, Role: "postgres", Autovacuum: true}},
		"a prepared transaction (see pg_prepared_xacts), pid 8 (role ann)":                {{}, {PID: 8, Role: "ann"}},
		"pid 9 (role ann, application psql, transaction open since 2026-03-01T12:00:00Z)": {{PID: 9, Role: "ann", Application: "psql", Since: &since}},
	} {
		if got := h.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if !(holders{{Autovacuum: true}}).onlyAutovacuum() || (holders{{Autovacuum: true}, {}}).onlyAutovacuum() || (holders{}).onlyAutovacuum() {
		t.Error("onlyAutovacuum")
	}
}
