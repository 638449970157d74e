package pipeline

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/sink"
	"rollcall/sink/sinktest/proxy"
	"rollcall/sources/simulate"
)

// Texts of statements, by which a moment of the applying transaction is recognized.
const (
	theFence   = "last_applied_at + interval"
	theInsert  = "INTO directory.accounts"
	theUpdate  = "UPDATE directory.accounts"
	theHistory = "INTO directory_internal.account_version"
	theNumber  = "UPDATE directory_internal.applied_counter"
	theStaging = "COPY directory_internal.staged_"
)

// aDay is acme after a day on which something of each kind has happened that a
// sync can find, which is not applied yet.
func aDay(t *testing.T) *disturbance {
	t.Helper()
	return newRig(t).aDay()
}

func (r *rig) aDay() *disturbance {
	r.t.Helper()
	n := r.connect(acme, "signalwire", numbered(30)...)
	n.set("PAGE_SIZE", "15", "MAX_DELETE_PERCENT", "100")
	d := r.disturbed()
	r.mustSync("succeeded")
	back, _ := n.world.Get("a09")
	n.world.Remove("a09")
	r.mustSync("succeeded")
	d.rows = r.directory()
	n.world.Put(back)
	n.world.Remove("a00", "a01")
	n.world.Update("a02", func(a *simulate.Account) { a.Name = "Renamed" })
	n.world.Move("a03", "a04")
	for i := range 20 {
		a := account(fmt.Sprintf("new%02d", i), "a05")
		a.Name = strings.Repeat("long ", 1000) // so that a page takes more than one message of a COPY
		n.world.Put(a)
	}
	return d
}

// Whatever a session is doing when it is cut, all of a run is in the directory or
// nothing, the run's row says which, and the next run needs no repair.
func TestFaultsOfASession(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, test := range []struct {
		name   string
		at     proxy.Moment
		skip   int
		do     proxy.Effect
		status string
	}{
		{"before the run is registered", proxy.Says("pg_try_advisory_lock"), 0, proxy.Cut(), ""},
		{"as its row is written", proxy.Says("INTO directory.runs"), 0, proxy.CutHalfway(), ""},
		{"once its row is written", proxy.Runs("INTO directory.runs"), 0, proxy.LoseAnswer(), "running"},
		{"within a message of a COPY", proxy.CopyData(1), 0, proxy.CutHalfway(), "failed"},
		{"in the middle of a COPY", proxy.CopyData(2), 0, proxy.Cut(), "failed"},
		{"before what was copied is committed", proxy.Commit(theStaging), 0, proxy.Cut(), "failed"},
		{"once what was copied is committed", proxy.Commit(theStaging), 0, proxy.LoseAnswer(), "failed"},
		{"as the applying transaction begins", proxy.Runs(theFence), 0, proxy.LoseAnswer(), "failed"},
		{"before history is kept", proxy.Says(theHistory), 0, proxy.CutHalfway(), "failed"},
		{"once accounts are updated", proxy.Runs(theUpdate), 0, proxy.LoseAnswer(), "failed"},
		{"before accounts are inserted", proxy.Says(theInsert), 0, proxy.Cut(), "failed"},
		{"once accounts are inserted", proxy.Runs(theInsert), 0, proxy.LoseAnswer(), "failed"},
		{"once the run has its number", proxy.Runs(theNumber), 0, proxy.LoseAnswer(), "failed"},
		{"before the commit", proxy.Commit(theInsert), 0, proxy.Cut(), "failed"},
		{"within the commit", proxy.Commit(theInsert), 0, proxy.CutHalfway(), "failed"},
		{"between the commit and its answer", proxy.Commit(theInsert), 0, proxy.LoseAnswer(), "succeeded"},
		{"by a restart of the network in a COPY", proxy.CopyData(2), 0, proxy.Away(4), "failed"},
		{"by a restart of the network in the applying transaction", proxy.Says(theInsert), 0, proxy.Away(4), "failed"},
		{"not at all, and a COPY drips", proxy.CopyData(1), 0, proxy.Drip(), "succeeded"},
		{"not at all, and the applying transaction drips", proxy.Says(theHistory), 0, proxy.Drip(), "succeeded"},
		{"not at all, and a statement is late", proxy.Says(theUpdate), 0, proxy.Delay(100 * time.Millisecond), "succeeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := base.fresh(t).aDay()
			d.suffers(test.at, test.skip, test.do, test.status)
		})
	}
}

// A commit that is still on its way when its session is lost is waited for: the
// run must not report that it failed.
func TestFaultsACommitOnItsWayIsWaitedFor(t *testing.T) {
	t.Parallel()
	d := aDay(t)
	gate, err := d.db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	d.exec(`CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE public.gate; RETURN NULL; END $$`)
	d.exec(`CREATE TABLE public.gate ()`)
	d.exec(`CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON directory_internal.applied_run DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.dawdle()`)
	for _, statement := range []string{`BEGIN`, `LOCK TABLE public.gate`} {
		if _, err := gate.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	last := d.last()
	fault := d.postgres.Inject(proxy.Commit(theInsert), 0, proxy.CutAfter())
	done := d.background()
	<-fault.Fired()
	d.until(`SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%directory.runs WHERE id%'`)
	if _, err := gate.ExecContext(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	result := <-done
	d.exec(`DROP TABLE public.gate; DROP FUNCTION public.dawdle CASCADE`)
	d.settle()
	if status := d.judge(last, result); status != "succeeded" {
		t.Errorf("the run is recorded as %q", status)
	}
	d.mustHeal()
}

// A run whose session became a black hole is replaced by another one, and can
// apply nothing once it is heard of again.
func TestFaultsASessionInABlackHole(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]proxy.Moment{
		"in a COPY":                     proxy.CopyData(2),
		"in the applying transaction":   proxy.Says(theInsert),
		"with the commit":               proxy.Commit(theInsert),
		"with the lock it has just got": proxy.Says("INTO directory.runs"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := aDay(t)
			hole := d.postgres.Inject(at, 0, proxy.BlackHole())
			done := d.background()
			<-hole.Fired()
			d.endSilent()
			last := d.last()
			through := d.through
			d.through = nil
			if result := d.run(t.Context(), acme, wait); d.judge(last, result) != "succeeded" {
				t.Errorf("the run that took its place ended %q, error %v", result.Status, result.Err)
			}
			d.through = through
			d.postgres.Clear()
			if result := <-done; result.Err == nil || result.Changed() {
				t.Errorf("the run in the black hole ended %q, error %v", result.Status, result.Err)
			}
			d.mustEqual(d.rows)
			d.mustHeal()
		})
	}
}

// A run that hears nothing of Postgres any more ends by itself: soon after it is
// stopped or has made no progress, at the latest when others take it for dead. As
// that takes its time, it belongs to the tests that ROLLCALL_FAULTS asks for.
func TestFaultsOfWhichNothingIsHeard(t *testing.T) {
	t.Parallel()
	const soon, dead = 30 * time.Second, sink.HeartbeatTimeout + 20*time.Second
	for _, test := range []struct {
		name   string
		at     proxy.Moment
		do     proxy.Effect
		then   string // TIMEOUT, or that it is stopped
		within time.Duration
		status string // that it returns; "failed" stands for "interrupted", too: its hold may be found lost first
	}{
		{"over no session, as it asks for the lock", proxy.Says("pg_try_advisory_lock"), proxy.Partition(), "", dead, ""},
		{"over no session, in a COPY", proxy.CopyData(2), proxy.Partition(), "", dead, "failed"},
		{"over no session, in the applying transaction", proxy.Says(theInsert), proxy.Partition(), "", dead, "failed"},
		{"over no session, as it lets go", proxy.Says("pg_advisory_unlock"), proxy.Partition(), "", soon, "succeeded"},
		{"over its own session, as it asks for the lock", proxy.Says("pg_try_advisory_lock"), proxy.BlackHole(), "", dead, ""},
		{"over its own session, without progress", proxy.CopyData(2), proxy.BlackHole(), "1s", soon, "failed"},
		{"over its own session, and it is stopped", proxy.Says(theInsert), proxy.BlackHole(), "stop", soon, "interrupted"},
	} {
		for range proxy.HowMany(t, 0, 1) {
			t.Run(test.name, func(t *testing.T) {
				t.Parallel()
				d := aDay(t)
				ctx, stop := context.WithCancelCause(t.Context())
				defer stop(nil)
				fault := d.postgres.Inject(test.at, 0, test.do)
				if test.then != "" && test.then != "stop" {
					d.n.set("TIMEOUT", test.then)
				}
				last, began, done := d.last(), time.Now(), make(chan Result, 1)
				go func() { done <- d.run(ctx, acme) }()
				<-fault.Fired()
				if test.then == "stop" {
					stop(errStop)
				}
				result := <-done
				as := result.Status == test.status || test.status == "failed" && result.Status == "interrupted"
				if took := time.Since(began); !as || took > test.within {
					t.Errorf("after %v the run ended %q, error %v", took, result.Status, result.Err)
				}
				d.settle()
				d.judge(last, result)
				d.n.set("TIMEOUT", "10m")
				d.mustHeal()
			})
		}
	}
}

// endSilent does what another replica does once it has not heard of acme's run
// for long, without the wait.
func (d *disturbance) endSilent() {
	d.t.Helper()
	for ended := []string(nil); len(ended) == 0; {
		var err error
		if ended, err = sink.TerminateStale(d.t.Context(), d.db, 20*time.Millisecond); err != nil {
			d.t.Fatal(err)
		}
	}
}
