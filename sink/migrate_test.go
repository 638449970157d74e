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
			return Migrate(t.Context(), db, "directory_reader")
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

// Asking which versions there are changes nothing.
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

// An analyst who asks for more than may be read is told that it is no fault.
func TestAReaderIsToldWhatItMayDo(t *testing.T) {
	t.Parallel()
	db := directory(t)
	db.SetMaxOpenConns(1) // the session that has the role
	if _, err := db.ExecContext(t.Context(), `SET ROLE directory_reader`); err != nil {
		t.Fatal(err)
	}
	if _, err := Versions(t.Context(), db); err == nil || !strings.Contains(err.Error(), "an analyst's role lacks it rightly") {
		t.Errorf("it says %v", err)
	}
}

// Every table, view, function and column carries a comment.
func TestEverythingIsCommentedOn(t *testing.T) {
	t.Parallel()
	db := directory(t)
	var silent []string
	err := db.Select(&silent, `SELECT c.oid::regclass::text FROM pg_class c
			WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind IN ('r', 'v') AND obj_description(c.oid, 'pg_class') IS NULL
		UNION ALL SELECT c.oid::regclass || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped
			AND col_description(c.oid, a.attnum) IS NULL
		UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p
			WHERE p.pronamespace = 'directory'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL`)
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

// Versions that were kept before history said whose they are say it too.
func TestHistoryIsMigrated(t *testing.T) {
	t.Parallel()
	db := migratedTo(t, 8)
	db.MustExec(`INSERT INTO directory.accounts (id, source, external_id, provider, root_id, depth, path, name, status, payload, fingerprint, first_seen_at, changed_at)
		SELECT k, 'acme', 'X' || k, 'signalwire', k, 0, ARRAY[k], 'now', 'active', '{}', '', '2026-03-01', '2026-03-02' FROM generate_series(1, 3) k`)
	db.MustExec(`INSERT INTO directory_internal.account_version (account_id, valid_from, valid_to, operation, provider, name, status, payload, fingerprint)
		VALUES (2, '2026-03-01', '2026-03-02', 'created', 'signalwire', 'then', 'active', '{}', '')`)
	if err := Migrate(t.Context(), db, "directory_reader"); err != nil {
		t.Fatal(err)
	}
	var names []string
	if err := db.Select(&names, `SELECT name FROM directory.account_history WHERE source = 'acme' AND external_id = 'X2' ORDER BY valid_from`); err != nil {
		t.Fatal(err)
	}
	if want := []string{"then", "now"}; !slices.Equal(names, want) {
		t.Errorf("history %q, want %q", names, want)
	}
}

// migratedTo is a database with the schema of an earlier version.
func migratedTo(t *testing.T, version int64) *sqlx.DB {
	t.Helper()
	db, err := Open(t.Context(), sinktest.URL(t), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
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
	return db
}
