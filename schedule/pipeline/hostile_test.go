package pipeline

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"rollcall/sink"
	"rollcall/sink/admin"
	"rollcall/sink/reader"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

// lookAlikes creates, in schema public, functions of each name in $1 and operators
// for each pair of types that Postgres itself has none for. Whichever is called
// counts in public.trap and fails.
const lookAlikes = `
CREATE SEQUENCE public.trap;
DO $do$
DECLARE
	types text[] := ARRAY['text', 'varchar', 'name', 'int4', 'int8', 'float8', 'oid', 'bool', 'bytea', 'timestamptz', 'interval', 'jsonb',
		'regclass', 'text[]', 'int8[]', 'bytea[]', 'timestamptz[]'];
	trap text := $$ AS 'BEGIN PERFORM pg_catalog.nextval(''public.trap''); RAISE EXCEPTION ''a look-alike was called''; END' LANGUAGE plpgsql$$;
	f record; l text; r text; o text;
BEGIN
	IF to_regclass('directory.accounts') IS NOT NULL THEN
		types := types || 'directory.accounts'::text;
	END IF;
	FOR f IN SELECT DISTINCT proname AS name, n FROM pg_proc, generate_series((pronargs - pronargdefaults)::int, pronargs::int) n
		WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY (names) LOOP
		FOREACH l IN ARRAY types LOOP
			FOREACH r IN ARRAY CASE WHEN f.n = 2 THEN types ELSE ARRAY[l] END LOOP
				EXECUTE format('CREATE OR REPLACE FUNCTION public.%I(%s) RETURNS int8', f.name,
					CASE f.n WHEN 0 THEN '' WHEN 1 THEN l WHEN 2 THEN l || ',' || r ELSE rtrim(repeat(l || ',', f.n), ',') END) || trap;
			END LOOP;
		END LOOP;
	END LOOP;
	FOREACH l IN ARRAY types LOOP
		FOREACH r IN ARRAY types LOOP
			EXECUTE format('CREATE FUNCTION public.trap_operator(%s, %s) RETURNS bool', l, r) || trap;
			FOREACH o IN ARRAY ARRAY['=', '<>', '<', '>', '<=', '>=', '||', '+', '-', '*', '%', '^', '~', '~~', '~~*', '->', '->>', '#>>', '@>', '&&'] LOOP
				IF to_regoperator(format('pg_catalog.%s(%s,%s)', o, l, r)) IS NULL THEN
					EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.trap_operator)', o, l, r);
				END IF;
			END LOOP;
		END LOOP;
	END LOOP;
END $do$`

// called are the functions of Postgres that rollcall's statements and goose's call.
func called(t *testing.T) []string {
	t.Helper()
	names := []string{"pg_try_advisory_lock", "pg_advisory_unlock", "pg_terminate_backend", "now", "current_schema"}
	for _, pattern := range []string{"../../sink/*.go", "../../sink/sql/*.sql", "../../sink/reader/sql/*.sql", "../../migrations/*.sql"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`\b([a-z_0-9]+)\(`).FindAllStringSubmatch(string(text), -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

// ambush has a role that may do nothing but create in public make look-alikes.
func ambush(t *testing.T, url string) (sprung func() int64) {
	t.Helper()
	db := sqlx.MustConnect("postgres", url)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	const analyst = "rollcall_test_analyst" // of the server, as all roles are: it stays
	if _, err := db.Exec(`CREATE ROLE ` + analyst); err != nil && !strings.Contains(err.Error(), "already exists") && !strings.Contains(err.Error(), "duplicate key") {
		t.Fatal(err)
	}
	db.MustExec(`GRANT CREATE ON SCHEMA public TO ` + analyst)
	if _, err := db.Exec(`DO $$ BEGIN IF to_regnamespace('directory') IS NOT NULL THEN GRANT USAGE ON SCHEMA directory TO ` + analyst + `; END IF; END $$`); err != nil {
		t.Fatal(err)
	}
	quoted := make([]string, 0, 100)
	for _, n := range called(t) {
		quoted = append(quoted, pq.QuoteLiteral(n))
	}
	db.MustExec(`SET ROLE ` + analyst + `; SET search_path = pg_catalog`)
	db.MustExec(strings.Replace(lookAlikes, "ANY (names)", "ANY (ARRAY["+strings.Join(quoted, ",")+"])", 1))
	return func() (n int64) {
		if err := db.Get(&n, `SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM public.trap`); err != nil {
			t.Fatal(err)
		}
		return n
	}
}

// discard is a reader that keeps nothing.
type discard struct{}

func (discard) Columns([]string) error { return nil }
func (discard) Row([]any) error        { return nil }

// everything has each statement that runs and readers have executed on db.
func everything(t *testing.T, r *rig, n *tenant, db *sqlx.DB) {
	t.Helper()
	r.through = db
	r.mustSync("succeeded")
	n.world.Update("a20", func(a *simulate.Account) { a.Name = "Renamed" })
	n.world.Put(account("n1", "a21"))
	n.world.Put(account("n2", "n1"))
	n.world.Update("a05", func(a *simulate.Account) { a.Parent = "a06" })
	broken := n.On(simulate.Listing).Times(1).Do(simulate.BreakRecords(simulate.NoID, "a29"))
	r.mustSync("held")
	if broken.Fired() != 1 {
		t.Error("no record was rejected")
	}
	n.world.Remove(ids(0, 3)...)
	ctx := t.Context()
	var changes int
	if result := r.run(ctx, acme, func(o *Options) { o.Plan = func(sink.Change) error { changes++; return nil } }); result.Err != nil || changes == 0 {
		t.Errorf("plan: %d changes, %v", changes, result.Err)
	}
	r.mustSync("succeeded")
	for what, change := range map[string]func(*Options){
		"window": func(o *Options) { o.Kind, o.Window = Backfill, sources.Window{Since: time.Unix(0, 0)} },
		"replay": func(o *Options) { o.Kind = Replay },
	} {
		if result := r.run(ctx, acme, change); result.Err != nil {
			t.Errorf("%s: %v", what, result.Err)
		}
	}
	id := func(external string) (id int64) {
		r.get(&id, `SELECT id FROM directory.accounts WHERE external_id = $1`, external)
		return id
	}
	at := time.Now()
	for what, ask := range map[string]func() error{
		"ticks":  func() error { _, err := sink.Timetable{DB: db}.Ticks(ctx, []string{acme}); return err },
		"silent": func() error { _, err := sink.TerminateStale(ctx, db, time.Hour); return err },
		"gauges": func() error { _, err := sink.Gauges(ctx, db, []string{acme}); return err },
		"forget": func() error { _, err := admin.Forget(ctx, db, acme, id("n1")); return err },
		"retire": func() error { _, err := admin.RetireAccount(ctx, db, acme, id("a20")); return err },
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, f := range admin.Examine(ctx, db, "directory_reader", 8) {
		if strings.Contains(f.Detail, "look-alike") || strings.Contains(f.Detail, "unique") {
			t.Errorf("doctor: %+v", f)
		}
	}
	filter := reader.Filter{Search: "a"}
	past := reader.Filter{Search: "a", AsOf: at}
	top := &reader.Account{ID: id("a06"), Source: acme}
	for what, q := range map[string]reader.Query{
		"accounts": reader.Accounts(filter), "as of": reader.Accounts(past), "export": reader.Export(time.Time{}), "export as of": reader.Export(at),
		"tree": reader.Tree(filter, nil, true), "tree below": reader.Tree(filter, top, true),
		"tree as of": reader.Tree(past, nil, true), "tree below as of": reader.Tree(past, top, true),
		"history": reader.History(*top), "runs": reader.Runs([]string{acme}, nil), "rejects": reader.Rejects(nil, "a", true),
		"connections": reader.Connections([]string{acme}, []string{"signalwire"}, nil),
	} {
		if err := reader.Read(ctx, db, q, discard{}); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// Functions and operators that somebody else created in schema public are never
// called: neither in rollcall's sessions, nor where a session has Postgres's own
// search_path, nor by the functions of the schema directory in any.
func TestLookAlikesAreNeverCalled(t *testing.T) {
	t.Parallel()
	t.Run("from the first migration on", func(t *testing.T) {
		t.Parallel()
		url := sinktest.URL(t)
		sprung := ambush(t, url)
		r := rigAt(t, url)
		everything(t, r, r.connect(acme, "signalwire", numbered(30)...), r.db)
		if n := sprung(); n > 0 {
			t.Errorf("%d were called", n)
		}
	})
	t.Run("without the pinned path", func(t *testing.T) {
		t.Parallel()
		r := newRig(t)
		sprung := ambush(t, r.url)
		db := sqlx.MustConnect("postgres", r.url)
		t.Cleanup(func() { _ = db.Close() })
		everything(t, r, r.connect(acme, "signalwire", numbered(30)...), db)

		conn, err := db.Connx(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(t.Context(), `SET search_path = public, pg_catalog`); err != nil {
			t.Fatal(err)
		}
		for _, call := range []string{
			`accounts_as_of('2100-01-01')`, `descendants(1)`, `ancestors(1)`, `tree_as_of(1, '2100-01-01')`, `changes('2000-01-01', '2100-01-01')`,
		} {
			if _, err := conn.ExecContext(t.Context(), `SELECT * FROM directory.`+call); err != nil {
				t.Errorf("%s: %v", call, err)
			}
		}
		if n := sprung(); n > 0 {
			t.Errorf("%d were called", n)
		}
	})
}

// An analyst who takes a connection's lock is named in what a run says, no matter who
// started it: to make way for that as for a run would leave the connection unread.
func TestAHostileHolderIsNamed(t *testing.T) {
	t.Parallel()
	r, _ := rigOf(t, "signalwire", numbered(3)...)
	r.mustSync("succeeded")
	const analyst = "rollcall_test_holder" // of the server, as all roles are: it stays
	_, err := r.db.Exec(`CREATE ROLE ` + analyst + ` LOGIN PASSWORD 'x'`)
	if err != nil && !strings.Contains(err.Error(), "already exists") && !strings.Contains(err.Error(), "duplicate key") {
		t.Fatal(err)
	}
	holder := sqlx.MustConnect("postgres", as(t, r.url, analyst, "x"))
	defer holder.Close()
	holder.SetMaxOpenConns(1)
	holder.MustExec(`SELECT pg_advisory_lock(x'726f6c6c'::int, 1)`)
	for _, kind := range []Kind{Sync, Scheduled, Refresh} {
		result := r.run(t.Context(), acme, func(o *Options) { o.Kind = kind })
		if result.Status == "skipped" || result.Err == nil || GaveWay(Options{Kind: kind}, result.Err) || !strings.Contains(result.Err.Error(), "is no run") {
			t.Errorf("%s: %q, %v", kind.Trigger(), result.Status, result.Err)
		}
	}
	if log := r.log.String(); !strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("the log is quiet:\n%s", log)
	}
}
