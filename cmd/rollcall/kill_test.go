package main

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/sink/sinktest/proxy"
	"rollcall/sources/simulate"
)

// environ is the form in which a process takes variables.
func environ(env map[string]string) (list []string) {
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	return list
}

// A killer runs the program as a process and kills it, with SIGKILL, at moments
// given by what it sent to Postgres or got from a provider.
type killer struct {
	*testing.T
	*rand.Rand
	fleet    *simulate.ProviderSet
	env      map[string]string // of the process: its database is behind a proxy
	postgres *proxy.Proxy
	db       *sqlx.DB // the same database

	calm   *sqlx.DB // a directory of the same providers whose runs nothing befalls
	calmly map[string]string
	died   int
}

// newKiller starts providers with accounts, and two directories.
func newKiller(t *testing.T, accounts int, settings map[string]string) *killer {
	t.Helper()
	fleet, err := simulate.Start(accounts, 3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fleet.Close)
	k := &killer{T: t, Rand: rand.New(rand.NewPCG(7, 7)), fleet: fleet}
	url, db := migrated(t)
	calmURL, calm := migrated(t)
	k.db, k.calm = db, calm
	k.env = fleet.Env()
	maps.Copy(k.env, settings)
	k.env["LOG_FORMAT"] = "json"
	for name := range fleet.Servers {
		k.env[strings.ToUpper(name)+"_MAX_DELETE_PERCENT"] = "100"
	}
	k.calmly = maps.Clone(k.env)
	k.calmly["DATABASE_URL"] = calmURL
	k.postgres, k.env["DATABASE_URL"] = proxy.Postgres(t, url)
	return k
}

// must runs the program to its end, in one of the directories.
func (k *killer) must(env map[string]string, args ...string) {
	k.Helper()
	if code, _, stderr := call(k.T, env, args...); code != exitWell {
		k.Fatalf("%s: exit status %d: %s", args, code, stderr)
	}
}

// steps is what an undisturbed run says to Postgres, in messages, and what it is
// answered by providers.
func (k *killer) steps(args ...string) (messages int, answers map[string]int) {
	k.Helper()
	before := k.postgres.Steps()
	answers = map[string]int{}
	for name, server := range k.fleet.Servers {
		answers[name] = -server.Requests()
	}
	k.must(k.env, args...)
	for name, server := range k.fleet.Servers {
		answers[name] += server.Requests()
	}
	return k.postgres.Steps() - before, answers
}

// kill runs the program and kills it after so many messages to Postgres, or
// answers of the provider that is named. It returns what the process logged.
func (k *killer) kill(after int, provider string, args ...string) string {
	k.Helper()
	cmd := program(k.T, "main", environ(k.env), args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	started := make(chan struct{})
	end := func() {
		<-started
		_ = cmd.Process.Kill()
	}
	if provider == "" {
		k.postgres.Inject(proxy.Step, after, proxy.Call("kill", end))
	} else {
		defer k.fleet.Servers[provider].On(simulate.Any).Skip(after).Times(1).Do(simulate.Call(end)).Stop()
	}
	if err := cmd.Start(); err != nil {
		k.Fatal(err)
	}
	close(started)
	switch code := exitCode(k.T, cmd); code {
	case exitSignals + 9:
		k.died++
	case exitWell:
	default:
		k.Fatalf("exit status %d:\n%s", code, &log)
	}
	k.postgres.Clear()
	until(k.T, "its sessions have ended", func() bool { return count(k.T, k.db, locksHeld) == 0 })
	return log.String()
}

// moment draws after what to kill: mostly a message to Postgres, else an answer.
func (k *killer) moment(messages int, answers map[string]int) (after int, provider string) {
	if names := slices.Sorted(maps.Keys(answers)); k.IntN(4) == 0 {
		provider = names[k.IntN(len(names))]
		return k.IntN(max(1, answers[provider])), provider
	}
	return k.IntN(messages), ""
}

// TestFaultsAKilledSync kills syncs that change things. Each connection's changes
// are in the directory as a whole or not at all, and one more sync makes all of it
// what the providers have.
func TestFaultsAKilledSync(t *testing.T) {
	t.Parallel()
	k := newKiller(t, 250, map[string]string{"SIGNALWIRE_PAGE_SIZE": "40", "AUDIAN_PAGE_SIZE": "20"})
	k.must(k.env, "sync")
	k.must(k.calmly, "sync")
	k.fleet.Change(k.Uint64(), 0.1)
	messages, answers := k.steps("sync")
	k.must(k.calmly, "sync")
	kills, tries := proxy.HowMany(t, 5, 50), 0
	for ; k.died < kills && tries < 3*kills; tries++ {
		before := bySource(liveAccounts(t, k.calm))
		k.fleet.Change(k.Uint64(), 0.1)
		k.must(k.calmly, "sync")
		after := bySource(liveAccounts(t, k.calm))
		at, provider := k.moment(messages, answers)
		k.kill(at, provider, "sync")
		killed := bySource(liveAccounts(t, k.db))
		for source := range after {
			if !slices.Equal(killed[source], before[source]) && !slices.Equal(killed[source], after[source]) {
				t.Errorf("killed after %d %s, the accounts of %s are neither as they were nor as they are", at, provider, source)
			}
		}
		k.must(k.env, "sync")
		if !slices.Equal(liveAccounts(t, k.db), liveAccounts(t, k.calm)) {
			t.Errorf("killed after %d %s, the next sync did not make the directory what the providers have", at, provider)
		}
		checkLeftovers(t, k.db)
	}
	t.Logf("of %d syncs %d were killed, within about %d messages to Postgres", tries, k.died, messages)
	if k.died < kills {
		t.Errorf("%d syncs were killed, want %d", k.died, kills)
	}
}

// TestFaultsAKilledBackfill kills backfills while the providers change between any
// two of them, which continue from one another's checkpoints.
func TestFaultsAKilledBackfill(t *testing.T) {
	t.Parallel()
	k := newKiller(t, 1000, map[string]string{"SIGNALWIRE_PAGE_SIZE": "20", "AUDIAN_PAGE_SIZE": "50"})
	args := []string{"backfill", "signalwire", "audian", "agendize"}
	messages, answers := 800, map[string]int{"signalwire": 20, "audian": 250}
	kills, tries, resumed := proxy.HowMany(t, 6, 50), 0, 0
	for ; k.died < kills && tries < 3*kills; tries++ {
		if k.IntN(3) == 0 {
			k.fleet.Change(k.Uint64(), 0.02)
		}
		at, provider := k.moment(messages, answers)
		resumed += strings.Count(k.kill(at, provider, args...), "continues from a checkpoint")
	}
	t.Logf("of %d backfills %d were killed, and %d listings continued; all sent %d messages to Postgres", tries, k.died, resumed, k.postgres.Steps())
	if k.died < kills || resumed == 0 {
		t.Errorf("%d backfills were killed, want %d, and %d listings continued", k.died, kills, resumed)
	}
	// What the backfills did not delete, a sync does.
	for _, last := range [][]string{args, {"sync", "signalwire", "audian", "agendize"}} {
		k.must(k.env, last...)
	}
	k.must(k.calmly, "sync", "signalwire", "audian", "agendize")
	want, got := liveAccounts(t, k.calm), liveAccounts(t, k.db)
	if !slices.Equal(want, got) {
		t.Errorf("the directory has %d accounts, and would have %d, or others, without a disturbance", len(got), len(want))
	}
	checkLeftovers(t, k.db)
	if n := count(t, k.db, `SELECT count(*) FROM directory_internal.checkpoint`); n > 0 {
		t.Errorf("%d checkpoints are left", n)
	}
}

const locksHeld = `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// checkLeftovers checks, once a run has ended well, that nothing is left of those
// that did not, and that the history has no gap and has no account that was
// taken for gone.
func checkLeftovers(t *testing.T, db *sqlx.DB) {
	t.Helper()
	var tables []string
	if err := db.Select(&tables, `SELECT 'directory_internal.' || tablename FROM pg_tables WHERE schemaname = 'directory_internal' AND tablename LIKE 'staged%'`); err != nil {
		t.Fatal(err)
	}
	questions := []string{
		locksHeld,
		`SELECT count(*) FROM directory.runs WHERE status = 'running'`,
		`SELECT count(*) FROM directory.account_history WHERE operation = 'restored'`, // no account of a fleet comes back
		`SELECT count(*) FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY account_id ORDER BY valid_from) AS next FROM directory.account_history) h
			WHERE valid_to IS DISTINCT FROM next`,
		`SELECT count(*) FROM directory.account_history h LEFT JOIN directory.runs r ON r.id = h.run_id WHERE r.status IS DISTINCT FROM 'succeeded'`,
	}
	for _, table := range tables {
		questions = append(questions, `SELECT count(*) FROM `+table)
	}
	for _, question := range questions {
		if n := count(t, db, question); n > 0 {
			t.Errorf("%s: %d", question, n)
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

// bySource takes a list of accounts apart.
func bySource(accounts []string) map[string][]string {
	sources := map[string][]string{}
	for _, a := range accounts {
		source, _, _ := strings.Cut(a, "|")
		sources[source] = append(sources[source], a)
	}
	return sources
}
