package pipeline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/sink"
	"rollcall/sink/admin"
	"rollcall/sources"
)

// child is a record of a fake account below another.
func child(id, parent string) sources.Record {
	return sources.Record{ID: id, Raw: fmt.Appendf(nil, `{"id":%q,"parent":%q,"name":%q,"status":"active"}`, id, parent, id)}
}

func TestAConnectionIsRenamed(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{child("a", ""), child("b", "a"), {Raw: []byte(`{"name":"no id"}`)}})
	r.mustSync("succeeded")
	f.lists([]sources.Record{child("a", ""), child("b", "")})
	f.settings.MaxDeletePercent = 0
	r.mustSync("succeeded")
	before := r.directory()
	if n, err := admin.Rename(t.Context(), r.db, acme, "acme-eu"); err != nil || n != 2 {
		t.Fatalf("%d accounts: %v", n, err)
	}
	if diff := difference(before, r.directoryOf("acme-eu")); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	var tables []string
	r.list(&tables, `SELECT table_schema || '.' || table_name FROM information_schema.columns WHERE column_name = 'source' AND table_schema LIKE 'directory%'`)
	for _, table := range tables {
		var left int
		if r.get(&left, `SELECT count(*) FROM `+table+` WHERE source = $1`, acme); left > 0 {
			t.Errorf("%d rows of %s have the old name", left, table)
		}
	}
	if len(tables) < 6 {
		t.Errorf("looked at %v alone", tables)
	}
	r.fakes["acme-eu"], r.moments = f, nil // the past has another name now
	r.check()
	if again := r.syncNamed("acme-eu"); again.Changed() || again.Unchanged != 2 {
		t.Errorf("a sync under the new name: %+v", again)
	}
	if _, err := admin.Rename(t.Context(), r.db, "nobody", "x"); err == nil || !strings.Contains(err.Error(), `no connection "nobody"`) {
		t.Errorf("an unknown connection: %v", err)
	}
	r.fake("other").lists([]sources.Record{child("z", "")})
	r.syncNamed("other")
	if _, err := admin.Rename(t.Context(), r.db, "other", "acme-eu"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a name that is taken: %v", err)
	}
}

func TestWhatIsDoneByHandWaitsForARun(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{child("a", "")})
	r.mustSync("succeeded")
	var account int64
	r.get(&account, `SELECT id FROM directory.accounts`)
	run, err := sink.Begin(t.Context(), r.db, sink.Start{Source: acme, Provider: "fake", Trigger: Sync.Trigger()})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := admin.Forget(t.Context(), r.db, acme, account)
		done <- err
	}()
	for asked := 0; asked == 0; {
		r.get(&asked, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'SELECT pg_catalog.pg_try_advisory_lock%' AND state = 'idle'`)
	}
	if len(r.directory()) != 1 {
		t.Error("an account was erased in the middle of a run")
	}
	run.Close(t.Context())
	if err := <-done; err != nil || len(r.directory()) != 0 {
		t.Errorf("after the run: %v", err)
	}
}

func TestRetiringDeletes(t *testing.T) {
	r, f := newRig(t).withFake()
	all := []sources.Record{child("a", ""), child("b", "a"), child("c", "b"), child("d", "")}
	f.lists(append(all, sources.Record{Raw: []byte(`{"name":"no id"}`)}))
	r.mustSync("succeeded")
	f.lists(all[:3])
	f.lookup = func(string) (sources.Record, error) { return sources.Record{}, errTorn }
	r.mustSync("held")
	var id int64
	r.get(&id, `SELECT id FROM directory.accounts WHERE external_id = 'd'`)
	if report, err := admin.RetireAccount(t.Context(), r.db, acme, id); err != nil || report.Deleted != 1 {
		t.Fatalf("%+v: %v", report, err)
	}
	if report, err := admin.RetireAccount(t.Context(), r.db, acme, id); err != nil || report.Deleted != 0 {
		t.Errorf("once more: %+v: %v", report, err)
	}
	var held int
	if r.get(&held, `SELECT count(*) FROM directory.held_deletions`); held != 0 {
		t.Errorf("%d deletions are held", held)
	}
	r.check()
	report, err := admin.Retire(t.Context(), r.db, acme)
	if err != nil || report.Deleted != 3 {
		t.Fatalf("%+v: %v", report, err)
	}
	r.check()
	var open, live int
	r.get(&live, `SELECT count(*) FROM directory.live_accounts`)
	r.get(&open, `SELECT count(*) FROM directory.rejects WHERE resolved_at IS NULL`)
	if live+open > 0 {
		t.Errorf("%d accounts live and %d rejects are open after the connection was retired", live, open)
	}
	f.lists(all)
	if back := r.mustSync("succeeded"); back.Restored != 4 {
		t.Errorf("what the provider lists again: %+v", back.Counts)
	}
}

// TestForgettingLeavesAForest forgets random accounts of random parents, cycles
// among them, and holds the rest to what their parents say.
func TestForgettingLeavesAForest(t *testing.T) {
	r, f := newRig(t).withFake()
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		var records []sources.Record
		for i := range 14 {
			parent := ""
			if random.IntN(5) > 0 {
				parent = fmt.Sprint("n", random.IntN(16))
			}
			records = append(records, child(fmt.Sprint("n", i), parent))
		}
		f.lists(records)
		r.mustSync("succeeded")
		r.moments = nil // the past does not stay as it was
		for range 3 {
			var id int64
			r.get(&id, `SELECT id FROM directory.accounts ORDER BY hashint8(id + $1) LIMIT 1`, random.Int64N(1e6))
			if _, err := admin.Forget(t.Context(), r.db, acme, id); err != nil {
				t.Fatal(err)
			}
			r.checkHierarchy()
			r.checkLeftovers()
		}
		r.exec(`UPDATE directory.runs SET created = 0, updated = 0, moved = 0, unchanged = fetched, applied_seq = NULL`)
		r.exec(`DELETE FROM directory_internal.account_version`)
		r.exec(`DELETE FROM directory_internal.last_change`)
		r.exec(`DELETE FROM directory.accounts`)
		r.exec(`DELETE FROM directory_internal.applied_run`)
	}
}

func TestForgettingLeavesNoTrace(t *testing.T) {
	r, f, b := booked(t)
	f.from = nil
	f.lists([]sources.Record{dated("a00", "mark-of-one", 1), child("below", "a00")})
	r.mustSync("succeeded")
	f.lists([]sources.Record{dated("a00", "mark-of-two", 1), child("below", "a00")})
	r.mustSync("succeeded")
	f.from = b.from
	b.pages[0][0] = dated("a00", "mark-of-three", 1)
	r.mustBreak(b, 2) // staged
	r.exec(`INSERT INTO directory.rejects (run_id, source, external_id, reason, payload, first_seen_at, last_seen_at)
		VALUES (1, $1, 'a00', 'too long', '{"name": "mark-of-four"}', now(), now())`, acme)
	var id int64
	r.get(&id, `SELECT id FROM directory.accounts WHERE external_id = 'a00'`)
	if n, err := admin.Forget(t.Context(), r.db, acme, id); err != nil || n != 1 {
		t.Fatalf("%d children: %v", n, err)
	}
	var tables []string
	r.list(&tables, `SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('directory', 'directory_internal')`)
	for _, table := range tables {
		var left int
		if r.get(&left, `SELECT count(*) FROM `+table+` t WHERE t::text LIKE '%mark-of-%'`); left > 0 {
			t.Errorf("%d rows of %s still have the account", left, table)
		}
	}
	if w := r.directory()["below"]; w.Parent != "a00" || w.Above != "" {
		t.Errorf("the account below: %+v", w)
	}
	r.checkHierarchy()
}

func TestSweepKeepsWhatIsYoung(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{child("a", ""), {Raw: []byte(`{"name":"no id"}`)}})
	r.mustSync("succeeded")
	f.lists([]sources.Record{child("a", "")})
	r.mustSync("succeeded") // resolves the reject
	r.exec(`UPDATE directory.runs SET started_at = started_at - interval '90 days', finished_at = finished_at - interval '90 days' WHERE id = (SELECT min(id) FROM directory.runs)`)
	r.exec(`UPDATE directory.rejects SET resolved_at = now() - interval '90 days'`)
	r.exec(`INSERT INTO directory.rejects SELECT 1, $1, 'open', 'old and open', NULL, now() - interval '1 year', now() - interval '1 year', NULL`, acme)
	r.exec(`INSERT INTO directory.runs (source, trigger, status, started_at) VALUES ('other', 'manual', 'running', now() - interval '1 year')`)
	const keep = 89 * 24 * time.Hour
	r.exec(`INSERT INTO directory.runs (source, trigger, status, complete, started_at, finished_at)
		SELECT 'dormant', 'manual', status, status = 'succeeded', now() - interval '1 year', now() - interval '1 year'
		FROM unnest('{succeeded,failed,succeeded,failed,failed}'::text[]) AS status`)
	if swept, err := admin.Sweep(t.Context(), r.db, keep); err != nil || swept != (admin.Swept{Runs: 4, Rejects: 1}) {
		t.Fatalf("%+v: %v", swept, err)
	}
	var left []string
	if r.list(&left, `SELECT status FROM directory.runs WHERE source = 'dormant' ORDER BY id`); !slices.Equal(left, []string{"succeeded", "failed"}) {
		t.Errorf("of a dormant connection %v are left, not its last success and its last run", left)
	}
	var history int
	if r.get(&history, `SELECT count(*) FROM directory.account_history WHERE run_id NOT IN (SELECT id FROM directory.runs)`); history != 1 {
		t.Errorf("%d versions name the run that was removed, want 1", history)
	}
	r.exec(`UPDATE directory.runs SET finished_at = '2000-01-01' WHERE finished_at IS NOT NULL`)
	if swept, err := admin.Sweep(t.Context(), r.db, keep); err != nil || swept != (admin.Swept{}) {
		t.Errorf("within the hour: %+v: %v", swept, err)
	}
}

func TestForgettingIsToldByNoRun(t *testing.T) {
	r, f := newRig(t).withFake()
	const secret = "ac.c+7(x)"
	f.lists([]sources.Record{child(secret, ""), child("other", "")})
	r.mustSync("succeeded")
	text := "left out " + secret + ", which " + secret + "1 and [" + secret + "] did not"
	r.exec(`UPDATE directory.runs SET error = $1`, text)
	r.exec(`INSERT INTO directory.held_deletions SELECT source, external_id, id, 1, now(), $1 FROM directory.accounts WHERE external_id = 'other'`, text)
	var id int64
	r.get(&id, `SELECT id FROM directory.accounts WHERE external_id = $1`, secret)
	if _, err := admin.Forget(t.Context(), r.db, acme, id); err != nil {
		t.Fatal(err)
	}
	var texts []string
	r.list(&texts, `SELECT error FROM directory.runs UNION ALL SELECT reason FROM directory.held_deletions`)
	const want = "left out [forgotten], which " + secret + "1 and [[forgotten]] did not"
	if !slices.Equal(texts, []string{want, want}) {
		t.Errorf("got %q", texts)
	}
}
