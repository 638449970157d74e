package main

import (
	"strings"
	"syscall"
	"testing"

	"rollcall/sources/simulate"
)

// A scheduled run that dies with its process is retried by the next one, once; a
// run that was interrupted in order is not.
func TestFaultsARunThatDiedIsRetried(t *testing.T) {
	for _, test := range []struct {
		name   string
		signal syscall.Signal
		runs   int // after three starts of serve
	}{
		{"killed", syscall.SIGKILL, 2},
		{"stopped", syscall.SIGTERM, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := settle(t, "signalwire", 2, 3)
			url, db := migrated(t)
			w.env["DATABASE_URL"], w.env["ROLLCALL_SHUTDOWN_TIMEOUT"] = url, "0s"
			w.env["C1_SCHEDULE"], w.env["C2_SCHEDULE"] = "0 0 1 1 *", "@every 1s"
			// Its tick of this year was missed: c1 starts late.
			db.MustExec(`INSERT INTO directory_internal.tick (source, tick_at) VALUES ('c1', now() - interval '370 days')`)
			ofC1 := func() int { return count(t, db, `SELECT count(*) FROM directory.runs WHERE source = 'c1'`) }
			w.servers[0].On(simulate.Any).Do(simulate.Stall())
			for start := 1; start <= 3; start++ {
				r := serving(t, w.env)
				want := min(start, test.runs)
				before := count(t, db, runsOf, "c2", "succeeded")
				until(t, "it has looked at the schedule", func() bool {
					return count(t, db, runsOf, "c2", "succeeded") >= before+2 && ofC1() >= want
				})
				if n := ofC1(); n != want {
					t.Errorf("start %d: c1 was run %d times, want %d", start, n, want)
				}
				if said := strings.Contains(r.said.String(), "starting it again"); said != (start > 1 && start <= test.runs) {
					t.Errorf("start %d: the log says that a run is retried: %v", start, said)
				}
				r.signal(test.signal)
				exitCode(t, r.cmd)
			}
			if n := count(t, db, overlaps); n > 0 {
				t.Errorf("%d pairs of runs overlap", n)
			}
		})
	}
}
