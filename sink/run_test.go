package sink

import (
	"context"
	"errors"
	"testing"
	"time"
)

// A run that lost its connection cannot apply, though its session still works.
func TestARunThatLostItsConnectionCannotApply(t *testing.T) {
	t.Parallel()
	db := directory(t)
	first := begin(t, db)
	first.read(t, named("a", "Old news"))
	if _, err := first.conn.ExecContext(t.Context(), `SELECT pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	second := begin(t, db)
	second.read(t, named("a", "News"))
	if _, err := first.Apply(t.Context(), Outcome{Mode: WholeListing}); !errors.Is(err, ErrLost) {
		t.Errorf("the first run's Apply returned %v, want ErrLost", err)
	}
	if report := second.apply(t); report.Created != 1 {
		t.Errorf("the second run: %+v", report)
	}
	if _, err := first.Apply(t.Context(), Outcome{Mode: WholeListing}); !errors.Is(err, ErrLost) {
		t.Errorf("after the second has applied, the first run's Apply returned %v, want ErrLost", err)
	}
	first.Close(t.Context())
	second.Close(t.Context())
	var name string
	if err := db.Get(&name, `SELECT name FROM directory.accounts`); err != nil || name != "News" {
		t.Errorf("the account is named %q, %v", name, err)
	}
}

// One run holds a connection; another one of it is busy, of another one not.
func TestOneRunHoldsAConnection(t *testing.T) {
	t.Parallel()
	db := directory(t)
	first := begin(t, db)
	if _, err := Begin(t.Context(), db, manual); !errors.Is(err, ErrBusy) {
		t.Errorf("a second run begins with %v, want ErrBusy", err)
	}
	other := manual
	other.Source = "other"
	r, err := Begin(t.Context(), db, other)
	if err != nil {
		t.Fatal(err)
	}
	r.Close(t.Context())
	first.Close(t.Context())
	begin(t, db).Close(t.Context())
	if held := db.Stats().InUse; held != 0 {
		t.Errorf("%d sessions are still in use", held)
	}
}

// A wait for the connection ends with ctx.
func TestAWaitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := directory(t)
	defer begin(t, db).Close(t.Context())
	stop := errors.New("a test")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancelled := time.AfterFunc(20*time.Millisecond, func() { cancel(stop) })
	defer cancelled.Stop()
	patient := manual
	patient.Wait = time.Hour
	if _, err := Begin(ctx, db, patient); !errors.Is(err, stop) {
		t.Errorf("the wait ended with %v", err)
	}
}

// A run that only plans leaves no row of its own, and does not take the
// connection from anybody.
func TestAPlanLeavesNoTrace(t *testing.T) {
	t.Parallel()
	db := directory(t)
	r := begin(t, db)
	r.read(t, named("a", "A"))
	r.apply(t)
	r.Close(t.Context())
	plan := manual
	plan.Plan = true
	p, err := Begin(t.Context(), db, plan)
	if err != nil {
		t.Fatal(err)
	}
	p.read(t, named("a", "B"), named("b", "B"))
	planned := map[string]string{}
	if _, err := p.Plan(t.Context(), Outcome{Mode: WholeListing}, func(c Change) error { planned[c.ExternalID] = c.Operation; return nil }); err != nil {
		t.Fatal(err)
	}
	if planned["a"] != "updated" || planned["b"] != "created" {
		t.Errorf("planned %v", planned)
	}
	if err := p.End(t.Context(), "failed", "not to be seen", Counts{}); err != nil {
		t.Error(err)
	}
	p.Close(t.Context())
	var runs, accounts, staged int
	if err := db.QueryRow(`SELECT (SELECT count(*) FROM directory.runs), (SELECT count(*) FROM directory.accounts),
		(SELECT count(*) FROM directory_internal.staged_1)`).Scan(&runs, &accounts, &staged); err != nil || runs != 1 || accounts != 1 || staged != 0 {
		t.Errorf("%d runs, %d accounts, %d staged rows; %v", runs, accounts, staged, err)
	}
}

// A run that ends without applying leaves what it staged to nobody.
func TestWhatIsNotAppliedIsUnstaged(t *testing.T) {
	t.Parallel()
	db := directory(t)
	r := begin(t, db)
	r.read(t, named("a", "A"))
	if err := r.Reject(t.Context(), []Reject{{Reason: "a test"}}); err != nil {
		t.Fatal(err)
	}
	if err := r.End(t.Context(), "failed", "the provider is away", Counts{Pages: 1}); err != nil {
		t.Error(err)
	}
	r.Close(t.Context())
	var left int
	if err := db.Get(&left, `SELECT (SELECT count(*) FROM directory_internal.staged_1) + (SELECT count(*) FROM directory_internal.staged_reject)`); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
	var status, reason string
	if err := db.QueryRow(`SELECT status, error FROM directory.runs`).Scan(&status, &reason); err != nil || status != "failed" || reason != "the provider is away" {
		t.Errorf("the run is %q, because %q; %v", status, reason, err)
	}
}

// A run's end is recorded also where its session was lost, and where ctx ended.
func TestTheEndIsRecordedWithoutASession(t *testing.T) {
	t.Parallel()
	db := directory(t)
	r := begin(t, db)
	db.MustExec(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = 1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.End(ctx, "interrupted", "a test", Counts{}); err != nil {
		t.Error(err)
	}
	r.Close(ctx)
	var status string
	if err := db.Get(&status, `SELECT status FROM directory.runs`); err != nil || status != "interrupted" {
		t.Errorf("the run is %q, %v", status, err)
	}
	if held := db.Stats().InUse; held != 0 {
		t.Errorf("%d sessions are still in use", held)
	}
}

// A sample is as many different missing accounts as requested.
func TestASample(t *testing.T) {
	t.Parallel()
	db := directory(t)
	r := begin(t, db)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		r.read(t, named(id, id))
	}
	r.apply(t)
	r.Close(t.Context())
	r = begin(t, db)
	defer r.Close(t.Context())
	r.read(t, named("c", "c"))
	missing, err := r.Missing(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if missing.Len() != 4 || missing.Live != 5 || missing.DeletedLately != 0 {
		t.Errorf("%d missing, %+v", missing.Len(), missing)
	}
	drawn := map[string]bool{}
	for n, want := range []int{0, 1, 2, 3, 4, 4} {
		sample, err := r.Sample(t.Context(), missing, n)
		if err != nil {
			t.Fatal(err)
		}
		one := map[string]bool{}
		for _, account := range sample {
			one[account.ExternalID], drawn[account.ExternalID] = true, true
		}
		if len(one) != want || one["c"] {
			t.Errorf("a sample of %d: %v", n, sample)
		}
	}
	if len(drawn) != 4 {
		t.Errorf("drawn were %v", drawn)
	}
}
