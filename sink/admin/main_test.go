package admin

import (
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sink/sinktest"
)

func TestMain(m *testing.M) { sinktest.Main(m) }

// open opens the database at url.
func open(t *testing.T, url string) *sqlx.DB {
	t.Helper()
	db, err := sink.Open(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// directory opens a new database with the schema of this program.
func directory(t *testing.T) *sqlx.DB {
	t.Helper()
	db := open(t, sinktest.URL(t))
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}
