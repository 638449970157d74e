package sinktest

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/sink/embedded"
)

func TestMain(m *testing.M) { Main(m) }

func TestEachTestHasADatabaseOfItsOwn(t *testing.T) {
	one, other := Open(t), Open(t)
	one.MustExec("CREATE TABLE mine (n int)")
	if tables := tablesNamed(t, other, "mine"); tables != 0 {
		t.Errorf("another database has %d of this one's tables", tables)
	}
	if tables := tablesNamed(t, one, "mine"); tables != 1 {
		t.Errorf("the database has %d tables of the one made", tables)
	}
}

func TestADatabaseGoesWithItsTest(t *testing.T) {
	var name string
	t.Run("makes one", func(t *testing.T) {
		db := Open(t)
		if err := db.Get(&name, "SELECT current_database()"); err != nil {
			t.Fatal(err)
		}
		busy, err := sqlx.Connect("postgres", URL(t)) // and a connection left open doesn't keep its own
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { busy.Close() })
	})
	var left int
	if err := Open(t).Get(&left, "SELECT count(*) FROM pg_database WHERE datname = $1", name); err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Errorf("the database %s outlived its test", name)
	}
}

func TestAServerOfItsOwnRestarts(t *testing.T) {
	server := Server(t)
	if server.URL() == URL(t) {
		t.Fatal("the private server is the shared one")
	}
	before, err := sqlx.Connect("postgres", server.URL())
	if err != nil {
		t.Fatal(err)
	}
	before.MustExec("CREATE TABLE kept ()")
	before.Close()
	if err := server.Shutdown(embedded.Immediate); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlx.Connect("postgres", server.URL()); err == nil {
		t.Error("a server that is down takes connections")
	}
	if err := server.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	db, err := sqlx.Connect("postgres", server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if tables := tablesNamed(t, db, "kept"); tables != 1 {
		t.Error("a committed table is lost")
	}
}

func TestAnotherServerIsUsedWhereOneIsNamed(t *testing.T) {
	server := Server(t)
	t.Setenv("TEST_DATABASE_URL", server.URL())
	var folder string
	if err := Open(t).Get(&folder, "SHOW unix_socket_directories"); err != nil {
		t.Fatal(err)
	}
	var there string
	db, err := sqlx.Connect("postgres", server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Get(&there, "SHOW unix_socket_directories"); err != nil {
		t.Fatal(err)
	}
	if folder != there {
		t.Errorf("the database was made on the server in %s, not in %s", folder, there)
	}
}

func tablesNamed(t *testing.T, db *sqlx.DB, name string) (n int) {
	t.Helper()
	if err := db.Get(&n, "SELECT count(*) FROM pg_tables WHERE tablename = $1", name); err != nil {
		t.Fatal(err)
	}
	return n
}
