package sink

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jmoiron/sqlx"
)

func begun(t *testing.T, db *sqlx.DB, source string) *Run {
	t.Helper()
	// A session that was terminated frees its lock a little later.
	r, err := Begin(t.Context(), db, Start{Source: source, Provider: "fake", Trigger: "schedule", Wait: endedWait})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.WithoutCancel(t.Context())) })
	return r
}

// tickOf returns the state of a source in its schedule.
func tickOf(t *testing.T, db *sqlx.DB, source string) Tick {
	t.Helper()
	list, err := Timetable{db}.Ticks(t.Context(), []string{source})
	if err != nil || len(list) != 1 {
		t.Fatalf("ticks: %+v, %v", list, err)
	}
	return list[0]
}

// pid is the backend of the run's session.
func (r *Run) pid(t *testing.T) (pid int) {
	t.Helper()
	if err := r.conn.GetContext(t.Context(), &pid, `SELECT pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	return pid
}

// Of three runs that wait for a provider, one is silent, one sends heartbeats, and
// one talks to Postgres.
func TestOnlyAStaleRunIsTerminated(t *testing.T) {
	db := directory(t)
	// Longer than a heartbeat takes on a busy machine.
	const silence = 3 * time.Second
	began := time.Now()
	silent, beating, speaking := begun(t, db, "silent"), begun(t, db, "beating"), begun(t, db, "speaking")
	var ended []string
	for len(ended) == 0 && time.Since(began) < time.Minute {
		if held, err := beating.heartbeat(); err != nil || !held {
			t.Fatal("a heartbeat: ", held, err)
		}
		speaking.pid(t)
		var err error
		if ended, err = TerminateStale(t.Context(), db, silence); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); !slices.Equal(ended, []string{"silent"}) || took < silence-100*time.Millisecond {
		t.Errorf("after %v, ended %q", took, ended)
	}
	// Its connection is free, and it cannot apply.
	begun(t, db, "silent")
	if _, err := silent.Apply(t.Context(), Outcome{Mode: WholeListing}); err == nil {
		t.Error("a run whose session was ended could apply")
	}
	for _, r := range []*Run{beating, speaking} {
		if _, err := r.Apply(t.Context(), Outcome{Mode: WholeListing}); err != nil {
			t.Errorf("%s: %v", r.Source, err)
		}
	}
}

// The context of a run that lost its connection ends.
func TestARunLearnsThatItLostItsConnection(t *testing.T) {
	db := directory(t)
	r := begun(t, db, "acme")
	ctx, cancel := r.Bind(t.Context())
	defer cancel()
	pid := r.pid(t)
	answer := make(chan error, 1)
	go func() { answer <- r.conn.GetContext(t.Context(), new(string), `SELECT pg_sleep(60)::text`) }()
	if _, err := db.ExecContext(t.Context(), `SELECT pg_terminate_backend($1)`, pid); err != nil {
		t.Fatal(err)
	}
	if err := <-answer; err == nil {
		t.Error("the session did not end")
	}
	if held, err := r.heartbeat(); err != nil || held {
		t.Errorf("a heartbeat of a session that has ended: %v, %v", held, err)
	}
	r.lease.lose(ErrLost)
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, ErrLost) {
		t.Errorf("the cause is %v", cause)
	}
}

// A tick goes to one of all who saw the one before it.
func TestATickIsClaimedOnce(t *testing.T) {
	db := directory(t)
	tick := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	for i := range 3 {
		list, err := Timetable{db}.Ticks(t.Context(), []string{"acme"})
		if err != nil || len(list) != 1 || (list[0].Claimed == nil) != (i == 0) {
			t.Fatalf("ticks: %+v, %v", list, err)
		}
		next := tick.Add(time.Duration(i) * time.Hour)
		won := make(chan bool)
		for range 8 {
			go func() {
				claimed, err := Timetable{db}.Claim(t.Context(), list[0], next, true)
				if err != nil {
					t.Error(err)
				}
				won <- claimed
			}()
		}
		winners := 0
		for range 8 {
			if <-won {
				winners++
			}
		}
		if winners != 1 {
			t.Errorf("%d claimed the tick %s", winners, next)
		}
	}
}

// A tick whose run died is retried by one of all processes, once.
func TestATickIsRetriedOnce(t *testing.T) {
	db := directory(t)
	if err := (Timetable{db}).Begin(t.Context(), []string{"acme"}); err != nil {
		t.Fatal(err)
	}
	look := func() Tick { return tickOf(t, db, "acme") }
	die := func() {
		t.Helper()
		r := begun(t, db, "acme")
		if at := look(); at.Died != nil {
			t.Errorf("run %d is in progress, and is reported dead", *at.Died)
		}
		db.MustExec(`SELECT pg_terminate_backend($1)`, r.pid(t))
		for at := look(); at.Died == nil || *at.Died != r.ID; at = look() {
			if t.Context().Err() != nil {
				t.Fatal("the death of the run is not reported")
			}
		}
	}
	die()
	at := look()
	won := make(chan bool)
	for range 8 {
		go func() {
			mine, err := Timetable{db}.Retry(t.Context(), at)
			if err != nil {
				t.Error(err)
			}
			won <- mine
		}()
	}
	winners := 0
	for range 8 {
		if <-won {
			winners++
		}
	}
	if again := look(); winners != 1 || again.Died != nil {
		t.Errorf("%d retried the tick; the death is reported again: %v", winners, again.Died != nil)
	}
	// The run of the retry dies, too: that is reported with the next tick alone.
	r := begun(t, db, "acme")
	db.MustExec(`SELECT pg_terminate_backend($1)`, r.pid(t))
	if mine, err := (Timetable{db}).Retry(t.Context(), at); mine || err != nil || look().Died != nil {
		t.Errorf("a tick is retried twice: %v", err)
	}
	if mine, err := (Timetable{db}).Claim(t.Context(), look(), look().Now, true); !mine || err != nil {
		t.Fatalf("the next tick: %v, %v", mine, err)
	}
	die()
	// A run that ended did not die.
	at = look()
	db.MustExec(`UPDATE directory.runs SET status = 'interrupted' WHERE status = 'running'`)
	if mine, err := (Timetable{db}).Retry(t.Context(), at); mine || err != nil || look().Died != nil {
		t.Errorf("a run that ended is retried: %v", err)
	}
}

// A tick stays open until its run begins, in any process; it begins once.
func TestATickIsOpenUntilItsRunBegins(t *testing.T) {
	db := directory(t)
	look := func() Tick { return tickOf(t, db, "acme") }
	begin := func() error {
		r, err := Begin(t.Context(), db, Start{Source: "acme", Provider: "fake", Trigger: "schedule", Wait: endedWait, Tick: true})
		if err == nil {
			err = r.End(t.Context(), "failed", "", Counts{})
			r.Close(t.Context())
		}
		return err
	}
	claim := func(open bool) {
		t.Helper()
		at := look()
		if mine, err := (Timetable{db}).Claim(t.Context(), at, at.Now, open); !mine || err != nil {
			t.Fatalf("a claim: %v, %v", mine, err)
		}
	}
	makeUp := func(want bool) {
		t.Helper()
		at := look()
		if at.NotStarted != want {
			t.Errorf("reported that no run began: %v", at.NotStarted)
		}
		if mine, err := (Timetable{db}).Retry(t.Context(), at); mine != want || err != nil {
			t.Errorf("retried: %v, %v", mine, err)
		}
	}
	late := func() {
		db.MustExec(`UPDATE directory_internal.tick SET open_since = open_since - interval '1 minute'`)
	}

	claim(false)
	late()
	makeUp(false) // it was left out from the start
	claim(true)
	makeUp(false) // its run has some time left
	late()
	makeUp(true)
	makeUp(false) // once more a little later, at the earliest
	if err := begin(); err != nil {
		t.Fatal(err)
	}
	if err := begin(); !errors.Is(err, ErrBegun) {
		t.Errorf("the run of a tick began twice: %v", err)
	}
	late()
	makeUp(false)
	claim(true)
	claim(false) // the next one came while its run was on its way
	if err := begin(); err != nil {
		t.Errorf("a run that was on its way for long: %v", err)
	}
	claim(true)
	if err := (Timetable{db}).Skip(t.Context(), "acme", *look().Claimed); err != nil {
		t.Fatal(err)
	}
	late()
	makeUp(false)
	if err := begin(); !errors.Is(err, ErrBegun) {
		t.Errorf("a tick that was left out: %v", err)
	}
	var runs int
	if err := db.GetContext(t.Context(), &runs, `SELECT count(*) FROM directory.runs`); err != nil || runs != 2 {
		t.Errorf("%d runs were recorded, %v", runs, err)
	}
}

// Sessions that ended while they lay idle, as with a restart of Postgres, cost
// no run.
func TestARunBeginsAfterItsSessionsEnded(t *testing.T) {
	db := directory(t)
	var idle []*sqlx.Conn
	for range 5 {
		conn, err := db.Connx(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, conn)
	}
	for _, conn := range idle {
		_ = conn.Close() // back to the pool
	}
	_, err := ControlPool(db).ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Begin(t.Context(), db, Start{Source: "acme", Provider: "fake", Trigger: "schedule"})
	if err != nil {
		t.Fatal(err)
	}
	r.Close(t.Context())
}

// A connection that became a black hole: nothing comes back, and the kernel
// does not know.
func TestNoReadWaitsForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer far.Close()
		s := &socket{Conn: near, silence: 15 * time.Second}
		defer s.Close()
		began := time.Now()
		if _, err := s.Read(make([]byte, 1)); err == nil || time.Since(began) != 15*time.Second {
			t.Errorf("a read ended after %v: %v", time.Since(began), err)
		}
		// The driver's own limit, while a session is being opened, goes first.
		if err := s.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		began = time.Now()
		if _, err := s.Write(make([]byte, 1)); err == nil || time.Since(began) != 10*time.Second {
			t.Errorf("a write ended after %v: %v", time.Since(began), err)
		}
	})
}
