package sink

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

func exec(t *testing.T, db *sqlx.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// A clock that jumped ahead and back leaves runs in the future. The age of the
// last success grows all the same, for analysts and for the metric.
func TestTheLastSuccessIsNeverInTheFuture(t *testing.T) {
	t.Parallel()
	db := directory(t)
	// Each run lies that long ago, in hours; what is negative is in the future.
	type past struct {
		complete bool
		hours    int
	}
	for _, c := range []struct {
		name string
		runs []past
		want int // hours
	}{
		{"a success", []past{{true, 5}, {false, 4}}, 5},
		{"one in the future", []past{{true, -1000}}, 0},
		{"one in the future, and failures since", []past{{true, 9}, {true, -1000}, {false, 4}, {false, 3}}, 4},
		{"failures in the future as well", []past{{true, 9}, {true, -1000}, {false, -999}, {false, 3}}, 3},
		{"a success since", []past{{true, -1000}, {false, 4}, {true, 2}, {false, 1}}, 2},
		{"none but failures", []past{{false, -1000}, {false, 2}}, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			exec(t, db, `DELETE FROM directory.runs`)
			exec(t, db, `INSERT INTO directory_internal.connection (name, provider) VALUES ('acme', 'fake') ON CONFLICT DO NOTHING`)
			for _, r := range c.runs {
				exec(t, db, `INSERT INTO directory.runs (source, trigger, status, complete, started_at, finished_at)
					SELECT 'acme', 'schedule', CASE WHEN $1 THEN 'succeeded' ELSE 'failed' END, $1, at, at FROM (SELECT now() - make_interval(hours => $2)) AS a (at)`, r.complete, r.hours)
			}
			var health struct {
				At  *time.Time `db:"last_success_at"`
				Age *float64
			}
			if err := db.GetContext(t.Context(), &health, `SELECT last_success_at, extract(epoch FROM last_success_age) / 3600 AS age FROM directory.source_health`); err != nil {
				t.Fatal(err)
			}
			got := -1
			if health.Age != nil {
				got = int(*health.Age + 0.01)
			}
			if got != c.want {
				t.Errorf("the age is %d hours, want %d", got, c.want)
			}
			list, err := Gauges(t.Context(), db, []string{"acme"})
			if err != nil || (list[0].Succeeded == nil) != (c.want < 0) {
				t.Fatal(list, err)
			}
			if c.want >= 0 && (list[0].Succeeded.Sub(*health.At).Abs() > time.Minute) {
				t.Errorf("the metric has %v, source_health %v", list[0].Succeeded, health.At)
			}
		})
	}
}

// What was deferred while the clock was ahead is not waited for.
func TestNothingWaitsForAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	db := directory(t)
	const ahead = `clock_timestamp() + interval '1 year'`

	if err := (Timetable{db}).Begin(t.Context(), []string{"acme"}); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `UPDATE directory_internal.tick SET open_since = clock_timestamp()`)
	if tickOf(t, db, "acme").NotStarted {
		t.Error("a tick that was opened now counts as not begun")
	}
	exec(t, db, `UPDATE directory_internal.tick SET open_since = `+ahead)
	open := tickOf(t, db, "acme")
	if won, err := (Timetable{db}).Retry(t.Context(), open); !open.NotStarted || !won || err != nil {
		t.Errorf("a tick that was opened in the future: %+v, retried: %v, %v", open, won, err)
	}

	if ok, err := AddRefreshes(t.Context(), db, "acme", []string{"a"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for due, want := range map[string]bool{`clock_timestamp()`: true, `clock_timestamp() + interval '20 minutes'`: false, ahead: true} {
		exec(t, db, `UPDATE directory_internal.pending_refresh SET due_at = `+due)
		list, err := DueRefreshes(t.Context(), db, "acme", 9)
		if err != nil || (len(list) == 1) != want || tickOf(t, db, "acme").RefreshDue != want {
			t.Errorf("a refresh that is due at %s: %v, %v", due, list, err)
		}
	}
}

// The process of a run that died while the clock was ahead is found silent.
func TestASilentRunOfAClockThatWasSetBackIsEnded(t *testing.T) {
	t.Parallel()
	db := directory(t)
	const silence = time.Second
	r := begun(t, db, "acme")
	if held, err := r.heartbeat(); !held || err != nil {
		t.Fatal(held, err)
	}
	r.endLease() // its process is dead
	exec(t, db, `UPDATE directory_internal.heartbeat SET beat_at = clock_timestamp() + interval '1 year'`)
	began := time.Now()
	var ended []string
	for len(ended) == 0 && time.Since(began) < 30*time.Second {
		var err error
		if ended, err = TerminateStale(t.Context(), db, silence); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); len(ended) != 1 || took < silence-100*time.Millisecond {
		t.Errorf("%v ended after %v", ended, took)
	}
}
