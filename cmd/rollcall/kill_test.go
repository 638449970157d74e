package main

import (
	"bytes"
	"flag"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink/sinktest"
	"rollcall/sources/simulate"
)

// kills is how often a backfill is killed.
var kills = flag.Int("kills", 10, "how often TestAKilledBackfillGoesOn kills")

// killedWithin is the time, from its start, within which a backfill is killed:
// a little longer than one takes that is left alone.
const killedWithin = 900 * time.Millisecond

// environ is the form in which a process takes variables.
func environ(env map[string]string) (list []string) {
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

// TestAKilledBackfillGoesOn kills backfills at random moments, with SIGKILL,
// while the provider changes between any two listings, and compares the
// directory in the end with one that was filled without a disturbance.
func TestAKilledBackfillGoesOn(t *testing.T) {
	fleet, err := simulate.Muster(1500, 3)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	for _, server := range fleet.Servers {
		server.On(simulate.Any).Do(simulate.Latency(5 * time.Millisecond))
	}
	url, db := migrated(t)
	env := fleet.Env()
	maps.Copy(env, map[string]string{"DATABASE_URL": url, "SIGNALWIRE_PAGE_SIZE": "20", "AUDIAN_PAGE_SIZE": "50", "LOG_FORMAT": "json"})
	args := []string{"backfill", "signalwire", "audian", "agendize"}
	random := rand.New(rand.NewPCG(7, 7))
	died, resumed := 0, 0
	for range *kills {
		if random.IntN(3) == 0 {
			fleet.Change(random.Uint64(), 0.02)
		}
		cmd := program(t, "main", environ(env), args...)
		var log bytes.Buffer
		cmd.Stderr = &log
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(killedWithin))), func() { _ = cmd.Process.Kill() })
		code := exitCode(t, cmd)
		timer.Stop()
		if code == exitSignals+9 {
			died++
		} else if code != exitWell {
			t.Fatalf("exit status %d:\n%s", code, &log)
		}
		resumed += strings.Count(log.String(), "goes on from a checkpoint")
	}
	if died == 0 || resumed == 0 {
		t.Errorf("of %d backfills %d were killed, and %d listings went on: the test shows nothing", *kills, died, resumed)
	}
	for _, server := range fleet.Servers {
		server.Clear() // what is left may go at full speed
	}
	finishKilled(t, db, env, args)
	env["DATABASE_URL"] = sinktest.URL(t)
	if code, _, stderr := call(t, env, args...); code != exitWell {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	calm, err := sqlx.Connect("postgres", env["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer calm.Close()
	want, got := liveAccounts(t, calm), liveAccounts(t, db)
	if !slices.Equal(want, got) {
		t.Errorf("the directory has %d accounts, and would have %d, or others, without a disturbance", len(got), len(want))
	}
}

// finishKilled lets a last backfill go on, and checks that nothing is left of
// those before it. What they did not delete, a sync does.
func finishKilled(t *testing.T, db *sqlx.DB, env map[string]string, args []string) {
	t.Helper()
	for _, last := range [][]string{args, {"sync", "signalwire", "audian", "agendize"}} {
		if code, _, stderr := call(t, env, last...); code != exitWell {
			t.Fatalf("%s: exit status %d: %s", last[0], code, stderr)
		}
	}
	var left int
	for _, question := range []string{
		`SELECT count(*) FROM directory_internal.checkpoint`,
		`SELECT count(*) FROM directory.runs WHERE status = 'running'`,
		`SELECT count(*) FROM directory_internal.staged_1`,
		`SELECT count(*) FROM directory.accounts GROUP BY source, external_id HAVING count(*) > 1 UNION ALL SELECT 0 LIMIT 1`,
	} {
		if err := db.Get(&left, question); err != nil || left > 0 {
			t.Errorf("%s: %d: %v", question, left, err)
		}
	}
}

// liveAccounts are the accounts as far as the provider decides them.
func liveAccounts(t *testing.T, db *sqlx.DB) (list []string) {
	t.Helper()
	if err := db.Select(&list, `SELECT concat_ws('|', a.source, a.external_id, a.parent_external_id, p.external_id, a.depth, a.name, a.status, a.kind, a.email,
			a.provider_created_at, (a.payload - 'credit')::text, CASE WHEN a.source <> 'agendize' THEN a.fingerprint::text END)
		FROM directory.live_accounts a LEFT JOIN directory.accounts p ON p.id = a.parent_id ORDER BY a.source, a.external_id`); err != nil {
		t.Fatal(err)
	}
	return list
}
