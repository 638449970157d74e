package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sources/simulate"
)

// noteTicks has the database write down each claim, and each retried tick.
const noteTicks = `
	CREATE TABLE noted (source text, tick_at timestamptz, before timestamptz);
	CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO public.noted VALUES (NEW.source, NEW.tick_at, CASE WHEN TG_OP = 'UPDATE' THEN OLD.tick_at END);
		RETURN NULL;
	END $$;
	CREATE TRIGGER note AFTER INSERT OR UPDATE OF tick_at ON directory_internal.tick FOR EACH ROW EXECUTE FUNCTION note();
	CREATE TABLE retried (source text, tick_at timestamptz, UNIQUE (source, tick_at));
	CREATE FUNCTION note_retried() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		INSERT INTO public.retried VALUES (NEW.source, NEW.retried_tick);
		RETURN NULL;
	END $$;
	CREATE TRIGGER note_retried AFTER UPDATE OF retried_tick ON directory_internal.tick FOR EACH ROW
		WHEN (NEW.retried_tick IS DISTINCT FROM OLD.retried_tick) EXECUTE FUNCTION note_retried()`

// overlaps are pairs of runs that held one connection at once.
const overlaps = `SELECT count(*) FROM directory.runs a JOIN directory.runs b ON b.source = a.source AND b.id > a.id
	WHERE a.finished_at IS NULL OR a.finished_at > b.started_at`

// Three replicas run eight connections. One is killed and one is frozen, each
// in the middle of a run.
func TestReplicasShareTheSchedule(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 8, 30)
	url, db := migrated(t)
	db.MustExec(noteTicks)
	w.env["DATABASE_URL"], w.env["LOG_LEVEL"] = url, "warn"
	for i := range w.worlds {
		w.env[fmt.Sprintf("C%d_SCHEDULE", i+1)] = []string{"@every 1s", "@every 1500ms", "@every 2s"}[i%3]
		w.env[fmt.Sprintf("C%d_PAGE_SIZE", i+1)] = "7" // a run takes some requests
	}
	replicas := []*replica{servingQuietly(t, w.env), servingQuietly(t, w.env), servingQuietly(t, w.env)}
	succeeded := func(source string) int { return count(t, db, runsOf, source, "succeeded") }
	until(t, "every connection ran", func() bool {
		return count(t, db, `SELECT count(DISTINCT source) FROM directory.runs WHERE status = 'succeeded'`) == 8
	})
	for _, world := range w.worlds {
		simulate.Churn(world, rand.Uint64(), 5, simulate.Shape{ID: simulate.UUID, Levels: 1})
	}
	replicas[0].duringARun(w, db, 0, syscall.SIGKILL)
	replicas[1].duringARun(w, db, 1, syscall.SIGSTOP)

	// What a frozen process holds is let go of after 40 seconds. Here the
	// database is searched for those who were silent for less.
	// A run of the replica that lives ends by itself.
	last := count(t, db, `SELECT max(id) FROM directory.runs`)
	until(t, "what the frozen one held runs again", func() bool {
		if _, err := sink.TerminateStale(t.Context(), db, time.Second); err != nil {
			t.Fatal(err)
		}
		return count(t, db, `SELECT count(*) FROM directory.runs WHERE status = 'running' AND id <= $1`, last) == 0
	})
	replicas[1].signal(syscall.SIGCONT)
	before := succeeded("c2")
	until(t, "all continue", func() bool {
		return succeeded("c2") > before+1 && count(t, db, `SELECT count(*) FROM directory.runs WHERE status = 'succeeded' AND started_at > now() - interval '3 seconds'`) > 6
	})
	for _, r := range replicas[1:] {
		r.signal(syscall.SIGTERM)
	}
	for _, r := range replicas[1:] {
		if got := exitCode(t, r.cmd); got != exitWell {
			t.Errorf("exit status %d", got)
		}
	}
	checkTicks(t, db)
	checkWorlds(t, db, w)
}

// servingQuietly starts a replica that does not say where it listens.
func servingQuietly(t *testing.T, env map[string]string) *replica {
	t.Helper()
	env["LOG_LEVEL"] = "info" // the address is logged at that level
	return serving(t, env)
}

// duringARun sends the replica a signal while it reads some connection.
func (r *replica) duringARun(w *town, db *sqlx.DB, seed int, s syscall.Signal) {
	r.Helper()
	for i, server := range w.servers {
		rule := server.On(simulate.Any).Do(simulate.Latency(time.Duration(20+10*i+seed) * time.Millisecond))
		defer rule.Stop()
	}
	before := count(r.T, db, `SELECT count(*) FROM directory.runs`)
	until(r.T, "runs are on their way", func() bool {
		return count(r.T, db, `SELECT count(*) FROM directory.runs`) > before+4 &&
			strings.Count(r.said.String(), "run succeeded") > 0
	})
	r.signal(s)
}

// checkTicks checks that each tick was claimed once, and that no runs overlapped.
func checkTicks(t *testing.T, db *sqlx.DB) {
	t.Helper()
	if n := count(t, db, `SELECT count(*) FROM (SELECT FROM noted GROUP BY source, before HAVING count(*) > 1) twice`); n > 0 {
		t.Errorf("%d ticks were claimed twice", n)
	}
	if n := count(t, db, `SELECT count(*) FROM noted WHERE tick_at < before + interval '1 second'`); n > 0 {
		t.Errorf("%d ticks came too early", n)
	}
	if n := count(t, db, `SELECT count(*) FROM directory.runs WHERE status = 'skipped'`); n > 0 {
		t.Errorf("%d lost claims left a trace", n)
	}
	claims, runs := count(t, db, `SELECT (SELECT count(*) FROM noted) + (SELECT count(*) FROM retried)`), count(t, db, `SELECT count(*) FROM directory.runs`)
	if runs > claims || runs == 0 {
		t.Errorf("%d runs of %d claimed ticks", runs, claims)
	}
	if n := count(t, db, overlaps); n > 0 {
		t.Errorf("%d pairs of runs overlap", n)
	}
	t.Logf("%d ticks were claimed, %d runs made", claims, runs)
}

// checkWorlds checks that the last run of each connection left the directory as
// its provider is, and nothing else anywhere.
func checkWorlds(t *testing.T, db *sqlx.DB, w *town) {
	t.Helper()
	for i, world := range w.worlds {
		source := fmt.Sprintf("c%d", i+1)
		for _, a := range world.Snapshot() {
			if n := count(t, db, `SELECT count(*) FROM directory.live_accounts WHERE source = $1 AND external_id = $2 AND name = $3`, source, a.ID, a.Name); n != 1 {
				t.Errorf("%s: account %s is there %d times", source, a.ID, n)
			}
		}
		if n := count(t, db, `SELECT count(*) FROM directory.live_accounts WHERE source = $1`, source); n != world.Len() {
			t.Errorf("%s: %d accounts are live, the provider has %d", source, n, world.Len())
		}
	}
	if n := count(t, db, `SELECT count(*) FROM directory.account_history a JOIN directory.runs r ON r.id = a.run_id WHERE r.status <> 'succeeded'`); n > 0 {
		t.Errorf("%d versions come from runs that did not succeed", n)
	}
}
