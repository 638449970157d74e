package sink

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"rollcall/sink/sinktest"
)

// Many processes that start at once migrate once.
func TestManyMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := sinktest.URL(t)
	var group errgroup.Group
	for range 6 {
		group.Go(func() error {
			db, err := Open(t.Context(), url, 2)
			if err != nil {
				return err
			}
			defer db.Close()
			return Migration{DB: db, ReaderRole: "directory_reader"}.Run(t.Context())
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), url, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	versions, err := Versions(t.Context(), db)
	if err != nil || len(versions) == 0 {
		t.Fatalf("%v, %v", versions, err)
	}
	for _, v := range versions {
		if v.AppliedAt == nil || v.AppliedAt.IsZero() {
			t.Errorf("%+v was not applied", v)
		}
	}
}

// Versions changes nothing.
func TestVersionsOfAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), sinktest.URL(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	versions, err := Versions(t.Context(), db)
	if err != nil || slices.ContainsFunc(versions, func(v Version) bool { return v.AppliedAt != nil }) {
		t.Errorf("%v, %v", versions, err)
	}
	var schemas int
	if err := db.Get(&schemas, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'directory%'`); err != nil || schemas != 0 {
		t.Errorf("%d schemas, %v", schemas, err)
	}
}

// The reader role reads all of directory and nothing else.
func TestWhatTheReaderCanRead(t *testing.T) {
	t.Parallel()
	db := directory(t)
	r := begin(t, db)
	r.read(t, named("a", "A"))
	r.apply(t)
	r.Close(t.Context())
	var relations []struct {
		Name     string
		Schema   string
		Readable bool
		Writable bool
	}
	err := db.Select(&relations, `SELECT c.oid::regclass::text AS name, n.nspname AS schema,
			has_table_privilege('directory_reader', c.oid, 'SELECT') AND has_schema_privilege('directory_reader', n.oid, 'USAGE') AS readable,
			has_table_privilege('directory_reader', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS writable
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('directory', 'directory_internal') AND c.relkind IN ('r', 'v', 'm')`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range relations {
		if c.Readable != (c.Schema == "directory") || c.Writable {
			t.Errorf("%+v", c)
		}
	}
	conn, err := db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, statement := range []string{
		`SET ROLE directory_reader`,
		`SELECT * FROM directory.account_history`,
		`SELECT * FROM directory.accounts_as_of(now())`,
		`SELECT * FROM directory.descendants(1)`,
		`SELECT * FROM directory.ancestors(1)`,
		`SELECT * FROM directory.tree_as_of(1, now())`,
		`SELECT * FROM directory.changes(now(), now())`,
		`RESET ROLE`,
	} {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// The error of an analyst who reads too much says what an analyst may read.
func TestTheErrorOfAReaderSaysWhatItMayDo(t *testing.T) {
	t.Parallel()
	db := directory(t)
	db.SetMaxOpenConns(1) // the session that has the role
	if _, err := db.ExecContext(t.Context(), `SET ROLE directory_reader`); err != nil {
		t.Fatal(err)
	}
	if _, err := Versions(t.Context(), db); err == nil || !strings.Contains(err.Error(), "an analyst's role reads with") {
		t.Errorf("it says %v", err)
	}
}

// Every table, view, function and column carries a comment, goose's table aside.
func TestEverythingIsCommentedOn(t *testing.T) {
	t.Parallel()
	db := directory(t)
	var silent []string
	err := db.Select(&silent, `WITH relation AS (
			SELECT oid FROM pg_class WHERE relnamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace)
			AND relkind IN ('r', 'v') AND oid <> $1::regclass
		)
		SELECT oid::regclass::text FROM relation WHERE obj_description(oid, 'pg_class') IS NULL
		UNION ALL SELECT c.oid::regclass || '.' || a.attname FROM relation c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE a.attnum > 0 AND NOT a.attisdropped AND col_description(c.oid, a.attnum) IS NULL
		UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p
			WHERE p.pronamespace = 'directory'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL`, versionTable)
	if err != nil || len(silent) > 0 {
		t.Errorf("without a comment: %q, %v", silent, err)
	}
}

// What the contract names is there.
func TestTheDirectoryHasWhatItsContractNames(t *testing.T) {
	t.Parallel()
	db := directory(t)
	for _, name := range []string{"accounts", "live_accounts", "account_history", "runs", "held_deletions", "rejects"} {
		var there bool
		if err := db.Get(&there, `SELECT to_regclass($1) IS NOT NULL`, "directory."+name); err != nil || !there {
			t.Errorf("directory.%s is missing, %v", name, err)
		}
	}
	for _, name := range []string{"accounts_as_of(timestamptz)", "descendants(bigint)", "ancestors(bigint)"} {
		var there bool
		if err := db.Get(&there, fmt.Sprintf(`SELECT to_regprocedure('directory.%s') IS NOT NULL`, name)); err != nil || !there {
			t.Errorf("directory.%s is missing, %v", name, err)
		}
	}
}

// migratedTo opens a fresh database with the schema of an earlier version.
func migratedTo(t *testing.T, version int64) *sqlx.DB {
	t.Helper()
	db, err := Open(t.Context(), sinktest.URL(t), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	migrateTo(t, db, version)
	return db
}

func migrateTo(t *testing.T, db *sqlx.DB, version int64) {
	t.Helper()
	if err := createSchema(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	p, err := provider(db, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
}
