package admin

import (
	"crypto/rand"
	"strings"
	"testing"

	"github.com/lib/pq"
)

func TestASearchIndexIsMadeOnce(t *testing.T) {
	t.Parallel()
	db := directory(t)
	number := func() (oid int) {
		if err := db.Get(&oid, `SELECT coalesce(to_regclass('directory.accounts_search_idx')::oid::int, 0)`); err != nil {
			t.Fatal(err)
		}
		return oid
	}
	var numbers []int
	for _, meanwhile := range []string{`SELECT`, `SELECT`, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'directory.accounts_search_idx'::regclass`} {
		db.MustExec(meanwhile)
		if err := IndexSearch(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, number())
	}
	if numbers[0] == 0 || numbers[1] != numbers[0] || numbers[2] == numbers[1] {
		t.Errorf("indexes %v: want one, the same, and another in place of one that is not whole", numbers)
	}
}

// Where the extension is not available, the error says why and what to do.
func TestASearchIndexMayBeOutOfReach(t *testing.T) {
	t.Parallel()
	db := directory(t)
	if err := indexSearch(t.Context(), db, "pg_trgm_of_another_world"); err == nil || !strings.Contains(err.Error(), "postgresql-contrib") {
		t.Errorf("a server without it: %v", err)
	}
	// A role that owns the directory and may make nothing else in the database.
	role := pq.QuoteIdentifier("owner_" + strings.ToLower(rand.Text()))
	db.MustExec(`CREATE ROLE ` + role)
	db.MustExec(`GRANT USAGE, CREATE ON SCHEMA directory, directory_internal TO ` + role + `; ALTER TABLE directory.accounts OWNER TO ` + role)
	defer db.MustExec(`REASSIGN OWNED BY ` + role + ` TO CURRENT_USER; DROP OWNED BY ` + role + `; DROP ROLE ` + role)
	db.SetMaxOpenConns(1)
	db.MustExec(`SET ROLE ` + role)
	defer db.MustExec(`RESET ROLE`)
	if err := IndexSearch(t.Context(), db); err == nil || !strings.Contains(err.Error(), "CREATE EXTENSION pg_trgm") {
		t.Errorf("a role without the right: %v", err)
	}
	db.MustExec(`RESET ROLE`)
	db.MustExec(`CREATE EXTENSION pg_trgm`)
	db.MustExec(`SET ROLE ` + role)
	if err := IndexSearch(t.Context(), db); err != nil {
		t.Errorf("once an administrator made the extension: %v", err)
	}
}
