package pipeline

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rollcall/sources/simulate"
)

// A second run of one connection is skipped, and that is recorded.
func TestASecondRunIsSkipped(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	gate := atThe(n)
	first := r.background()
	<-gate.Reached()
	second := r.run(t.Context(), acme)
	if second.Status != "skipped" || second.Err != nil {
		t.Errorf("the second run ended %q, error %v", second.Status, second.Err)
	}
	if log := r.log.String(); !strings.Contains(log, `"level":"INFO","msg":"run skipped`) || strings.Contains(log, `"level":"ERROR"`) {
		t.Errorf("a skipped run is information:\n%s", log)
	}
	gate.Open()
	if result := <-first; result.Status != "succeeded" {
		t.Errorf("the first run ended %q, error %v", result.Status, result.Err)
	}
	r.check()
	r.mustEqual(n.expected())
	if last := r.lastRun(); last.Status != "skipped" || last.Complete {
		t.Errorf("the last run is %+v", last)
	}
}

// Another connection is not held up.
func TestOtherConnectionsRunMeanwhile(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	other := r.connect("other", "agendize", numbered(3)...)
	gate := atThe(n)
	first := r.background()
	<-gate.Reached()
	if result := r.run(t.Context(), "other"); result.Status != "succeeded" {
		t.Errorf("the other run ended %q, error %v", result.Status, result.Err)
	}
	gate.Open()
	<-first
	r.check()
	if diff := difference(placed(other.expected()), r.directoryOf("other")); diff != "" {
		t.Error(diff)
	}
}

// A run of a named connection waits, and then runs.
func TestARunWaits(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	gate := atThe(n)
	first := r.background()
	<-gate.Reached()
	second := r.background(wait)
	r.until(`SELECT count(*) > 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_try_advisory_lock%'`)
	n.world.Put(account("new", ""))
	gate.Open()
	for _, result := range []Result{<-first, <-second} {
		if result.Status != "succeeded" {
			t.Errorf("a run ended %q, error %v", result.Status, result.Err)
		}
	}
	r.check()
	r.mustEqual(n.expected())
}

// It waits for TIMEOUT at most, and says so.
func TestARunDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	gate := atThe(n)
	first := r.background()
	<-gate.Reached()
	n.set("TIMEOUT", "50ms")
	result := r.run(t.Context(), acme, wait)
	if result.Err == nil || !strings.Contains(result.Err.Error(), "TIMEOUT") {
		t.Errorf("the error is %v", result.Err)
	}
	gate.Open()
	<-first
	r.check()
}

// until waits for a condition of the database.
func (r *rig) until(condition string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for met := false; !met; {
		r.get(&met, condition)
		select {
		case <-tick.C:
		case <-ctx.Done():
			r.t.Fatalf("%s: not within a minute", condition)
		}
	}
}

// A run whose session was ended while another run took its place cannot apply,
// though it has read everything.
func TestARunThatLostItsSessionCannotApply(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{"another run took its place": true, "nobody took its place": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, n := rigOf(t, "signalwire", numbered(12)...)
			r.mustSync("succeeded")
			n.world.Update("a00", func(a *simulate.Account) { a.Name = "Old news" })
			bad := n.On(simulate.Listing).Do(simulate.BreakRecords(simulate.NoID, "a01"))
			gate := atThe(n)
			first := r.background()
			<-gate.Reached()
			r.until(`SELECT count(*) > 0 FROM directory_internal.staged_reject`)
			bad.Stop()
			r.exec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			r.until(`SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			if taken {
				n.world.Update("a00", func(a *simulate.Account) { a.Name = "News" })
				if second := r.run(t.Context(), acme); second.Status != "succeeded" {
					t.Errorf("the second run ended %q, error %v", second.Status, second.Err)
				}
			}
			before := r.directory()
			gate.Open()
			if result := <-first; result.Err == nil || result.Changed() {
				t.Errorf("the first run ended %q, error %v, %+v", result.Status, result.Err, result.Counts)
			}
			if diff := difference(before, r.directory()); diff != "" {
				t.Errorf("a run without its session wrote (-before +after):\n%s", diff)
			}
			r.mustSync("succeeded")
			r.mustEqual(n.expected())
		})
	}
}

// No transaction is open while the provider is waited for, be it for a page or
// for a missing account.
func TestNoTransactionIsOpenMeanwhile(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	r.mustSync("succeeded")
	n.world.Update("a00", func(a *simulate.Account) { a.Name = "Renamed" })
	n.world.Remove("a01")
	page, missing := atThe(n), simulate.NewGate()
	n.On(simulate.PathEnd("/a01.json")).Do(missing.Hold())
	done := r.background()
	for _, gate := range []*simulate.Gate{page, missing} {
		<-gate.Reached()
		// Soon, and then for as long as the gate is closed.
		r.until(`SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'`)
		gate.Open()
	}
	if result := <-done; result.Status != "succeeded" {
		t.Errorf("the run ended %q, error %v", result.Status, result.Err)
	}
	r.check()
}

// A run that was killed is found out by the next one.
func TestAKilledRunIsRecordedAsInterrupted(t *testing.T) {
	t.Parallel()
	r, _ := rigOf(t, "signalwire", numbered(3)...)
	r.exec(`INSERT INTO directory.runs (source, trigger, status, started_at) VALUES ($1, 'schedule', 'running', clock_timestamp())`, acme)
	r.mustSync("succeeded")
	if first := r.runs()[0]; first.Status != "interrupted" || first.Error == "" {
		t.Errorf("the killed run is %+v", first)
	}
}

var errStop = errors.New("stopped by the test")

// A run that is stopped applies nothing, wherever it is.
func TestARunThatIsInterrupted(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	r.mustSync("succeeded")
	n.world.Update("a00", func(a *simulate.Account) { a.Name = "Renamed" })
	start := func() (context.CancelCauseFunc, <-chan Result) {
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan Result, 1)
		go func() { done <- r.run(ctx, acme, wait) }()
		return cancel, done
	}
	interrupted := func(result Result) {
		t.Helper()
		if result.Status != "interrupted" || !errors.Is(result.Err, errStop) || r.lastRun().Status != "interrupted" {
			t.Errorf("ended %q, error %v; recorded as %q", result.Status, result.Err, r.lastRun().Status)
		}
	}
	r.unchanged(func() {
		gate := atThe(n)
		cancel, done := start()
		<-gate.Reached()
		cancel(errStop)
		interrupted(<-done)
		r.check()
		gate.Open()
	})
	n.Clear()
	r.unchanged(func() {
		blocker, err := r.db.Beginx()
		if err != nil {
			t.Fatal(err)
		}
		blocker.MustExec(`LOCK TABLE directory_internal.account_version IN ACCESS EXCLUSIVE MODE`)
		cancel, done := start()
		r.until(`SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'directory_internal.account_version'::regclass`)
		cancel(errStop)
		result := <-done
		_ = blocker.Rollback()
		interrupted(result)
	})
	r.mustSync("succeeded")
	r.mustEqual(n.expected())
}
