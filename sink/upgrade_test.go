package sink

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"rollcall/model"
	"rollcall/sink/sinktest"
)

// base is a small directory at version 4, the first one that was released.
//
//go:embed testdata/base.sql
var base string

// restored opens a fresh database with the directory of base, whose logged tables
// are published, each by name.
func restored(t *testing.T) *sqlx.DB {
	t.Helper()
	url := sinktest.URL(t)
	dumped, err := Open(t.Context(), url, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, err = dumped.ExecContext(t.Context(), base)
	_ = dumped.Close() // the dump has set parameters of its session
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), url, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	var tables []string
	if err := db.Select(&tables, `SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relpersistence = 'p'
		AND relnamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace)`); err != nil {
		t.Fatal(err)
	}
	db.MustExec(`CREATE PUBLICATION chosen FOR TABLE ` + strings.Join(tables, ", "))
	return db
}

// answers are the rows of the public tables and views and of the questions about
// history, in the columns that they had in base.
func answers(t *testing.T, db *sqlx.DB, columns map[string]string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for from, list := range columns {
		var rows []string
		if err := db.Select(&rows, `SELECT (`+list+`)::text FROM `+from+` ORDER BY 1`); err != nil {
			t.Fatalf("%s: %v", from, err)
		}
		all[from] = rows
	}
	return all
}

// baseColumns are the columns of what an analyst reads in base. How long ago
// something was is left out.
func baseColumns(t *testing.T, db *sqlx.DB) map[string]string {
	t.Helper()
	var relations []struct{ Name, Columns string }
	if err := db.Select(&relations, `SELECT c.oid::regclass::text AS name, string_agg(a.attname, ', ' ORDER BY a.attnum) AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'directory'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND a.attname <> 'last_success_age'
		GROUP BY c.oid`); err != nil {
		t.Fatal(err)
	}
	columns := map[string]string{
		"directory.changes('2025-01-01', '2026-01-01')": "changed_at, account_id, source, external_id, operation, field, old_value, new_value",
	}
	for _, r := range relations {
		columns[r.Name] = r.Columns
	}
	const between = "'2025-03-01 12:00:15.02Z'" // the second run and the third
	for _, question := range []string{"accounts_as_of(" + between + ")", "tree_as_of(1, " + between + ")"} {
		columns["directory."+question] = columns["directory.account_history"]
	}
	for _, question := range []string{"descendants(1)", "ancestors(11)"} {
		columns["directory."+question] = columns["directory.accounts"]
	}
	return columns
}

// An upgraded directory gives the same answers, and a run that finds no change
// writes no row of an account or its history.
func TestAFilledDirectoryIsUpgraded(t *testing.T) {
	t.Parallel()
	db := restored(t)
	columns := baseColumns(t, db)
	before := answers(t, db, columns)
	for from, rows := range before {
		if len(rows) == 0 {
			t.Errorf("base has no row in %s", from)
		}
	}
	if err := (Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, answers(t, db, columns)); diff != "" {
		t.Errorf("-before +after:\n%s", diff)
	}
	rows := func() (all []string) {
		t.Helper()
		if err := db.Select(&all, `SELECT 'account ' || ctid || xmin FROM directory.accounts
			UNION ALL SELECT 'version ' || ctid || xmin FROM directory_internal.account_version
			UNION ALL SELECT 'last change ' || ctid || xmin FROM directory_internal.last_change ORDER BY 1`); err != nil {
			t.Fatal(err)
		}
		return all
	}
	written := rows()
	if report := relist(t, db); report.Unchanged != 10 || report.Changed() {
		t.Errorf("a run that finds no change: %+v", report)
	}
	if diff := cmp.Diff(written, rows()); diff != "" {
		t.Errorf("a run that finds no change wrote:\n%s", diff)
	}
}

// relist runs a complete listing of the live accounts of acme as they are.
func relist(t *testing.T, db *sqlx.DB) Report {
	t.Helper()
	var live []struct {
		ID          string `db:"external_id"`
		Fingerprint []byte
	}
	if err := db.Select(&live, `SELECT external_id, fingerprint FROM directory.live_accounts WHERE source = 'acme'`); err != nil {
		t.Fatal(err)
	}
	keys := make([]Key, len(live))
	for i, a := range live {
		keys[i] = Key{ExternalID: a.ID, Fingerprint: model.Fingerprint(a.Fingerprint)}
	}
	r := begin(t, db)
	defer r.Close(t.Context())
	if differences, err := r.Compare(t.Context(), keys); err != nil || len(differences) > 0 {
		t.Fatalf("differences %+v, %v", differences, err)
	}
	return r.apply(t)
}

// An upgraded directory has the schema of a new one: a migration that was released
// never changes.
func TestAnUpgradedSchemaIsThatOfANewOne(t *testing.T) {
	t.Parallel()
	upgraded := restored(t)
	if err := (Migration{DB: upgraded, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(catalog(t, directory(t)), catalog(t, upgraded)); diff != "" {
		t.Errorf("-new +upgraded:\n%s", diff)
	}
}

// catalog describes the schemas, but for staging tables: they are created by runs.
func catalog(t *testing.T, db *sqlx.DB) (objects []string) {
	t.Helper()
	if err := db.Select(&objects, `WITH relation AS (
			SELECT c.*, c.oid::regclass::text AS name FROM pg_class c
			WHERE c.relnamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace) AND c.relname !~ '^staged_[0-9]'
		)
		SELECT concat_ws(' ', name, relkind, relpersistence, relreplident, reloptions::text, obj_description(oid, 'pg_class')) FROM relation
		UNION ALL SELECT concat_ws(' ', name, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation,
				a.attnotnull, a.attidentity, a.attstorage, pg_get_expr(d.adbin, d.adrelid), col_description(r.oid, a.attnum))
			FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
			WHERE a.attnum > 0 AND NOT a.attisdropped
		UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM relation r JOIN pg_index i ON i.indrelid = r.oid
		UNION ALL SELECT concat_ws(' ', name, conname, pg_get_constraintdef(k.oid)) FROM relation r JOIN pg_constraint k ON k.conrelid = r.oid
		UNION ALL SELECT name || ' ' || pg_get_viewdef(oid) FROM relation WHERE relkind = 'v'
		UNION ALL SELECT concat_ws(' ', pg_get_functiondef(oid), obj_description(oid, 'pg_proc')) FROM pg_proc
			WHERE pronamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace)
		UNION ALL SELECT concat_ws(' ', nspname, obj_description(oid, 'pg_namespace')) FROM pg_namespace WHERE nspname LIKE 'directory%'
		ORDER BY 1`); err != nil {
		t.Fatal(err)
	}
	return objects
}
