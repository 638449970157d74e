package main

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"rollcall/sink/embedded"
	"rollcall/sink/sinktest"
	"rollcall/sources/simulate"
)

const runsOf = `SELECT count(*) FROM directory.runs WHERE source = $1 AND status = $2`

func TestServeRunsReportsAndStops(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 2, 12)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"], w.env["C2_SCHEDULE"] = url, "@every 1s", "@hourly"
	r := serving(t, w.env)
	until(t, "two runs are over", func() bool { return count(t, db, runsOf, "c1", "succeeded") >= 2 })
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 200, "/debug/pprof/": 404, "/hooks/c1": 405, "/": 404,
	} {
		if got, body := r.get(path); got != want {
			t.Errorf("GET %s: %d, want %d: %s", path, got, want, body)
		}
	}
	if got := r.post("/hooks/c1", "", "", "{}"); got != http.StatusNotFound {
		t.Errorf("a hook that is not configured: %d", got)
	}
	if n := count(t, db, `SELECT count(*) FROM directory.runs WHERE source = 'c2'`); n != 0 {
		t.Errorf("a new connection on @hourly ran %d times before its first tick", n)
	}
	_, page := r.get("/metrics")
	for _, line := range []string{
		`rollcall_accounts_live{source="c1"} 12`, `rollcall_accounts_live{source="c2"} 0`, `rollcall_database_up 1`,
		`rollcall_changes_total{operation="created",source="c1"} 12`, `rollcall_runs_total{source="c1",status="failed"} 0`,
		`rollcall_last_success_timestamp_seconds{source="c2"} 0`, `rollcall_deletions_held{source="c1"} 0`,
		`rollcall_provider_requests_total{source="c1",status="200"} `,
	} {
		if !strings.Contains(page, line) {
			t.Errorf("the metrics have no %q:\n%s", line, page)
		}
	}
	host := strings.TrimPrefix(r.url, "http://")
	if code, _, stderr := call(t, map[string]string{"ROLLCALL_ADDR": host}, "healthcheck"); code != exitWell {
		t.Errorf("healthcheck: exit status %d: %s", code, stderr)
	}
	r.signal(syscall.SIGTERM)
	if got := exitCode(t, r.cmd); got != exitWell {
		t.Errorf("exit status %d", got)
	}
	if n := count(t, db, `SELECT count(*) FROM directory.runs WHERE status NOT IN ('succeeded')`); n != 0 {
		t.Errorf("%d runs did not succeed", n)
	}
	if code, _, stderr := call(t, map[string]string{"ROLLCALL_ADDR": host}, "healthcheck"); code != exitFailed {
		t.Errorf("healthcheck of what has ended: exit status %d: %s", code, stderr)
	}
}

func TestServeStops(t *testing.T) {
	for _, test := range []struct {
		name    string
		timeout string
		opens   bool // the provider answers once the signal was sent
		signals int
		want    int
		status  string // of the run
	}{
		{"after the runs", "30s", true, 1, exitWell, "succeeded"},
		{"and interrupts runs that take too long", "100ms", false, 1, exitWell, "interrupted"},
		{"at once, without time for runs", "0s", false, 1, exitWell, "interrupted"},
		{"at once on a second signal", "30s", false, 2, exitSignals + int(syscall.SIGTERM), "running"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := settle(t, "signalwire", 1, 3)
			url, db := migrated(t)
			w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"], w.env["ROLLCALL_SHUTDOWN_TIMEOUT"] = url, "@every 1s", test.timeout
			gate := simulate.NewGate()
			defer gate.Open()
			w.servers[0].On(simulate.Any).Do(gate.Hold())
			r := serving(t, w.env)
			<-gate.Reached()
			r.signal(syscall.SIGTERM)
			if test.signals > 1 || test.opens {
				until(t, "it reports that it stops", func() bool {
					got, body := r.get("/readyz")
					return got == http.StatusServiceUnavailable && strings.Contains(body, "stopping")
				})
			}
			if test.signals > 1 {
				r.signal(syscall.SIGTERM)
			}
			if test.opens {
				gate.Open()
			}
			if got := exitCode(t, r.cmd); got != test.want {
				t.Errorf("exit status %d, want %d", got, test.want)
			}
			if n := count(t, db, runsOf, "c1", test.status); n != 1 || count(t, db, `SELECT count(*) FROM directory.runs`) != 1 {
				t.Errorf("%d runs are %s, want one and no other", n, test.status)
			}
		})
	}
}

func TestServeWaitsForTheDatabaseAndHeals(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	server := sinktest.Server(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"] = server.URL(), "@every 1s"
	if err := server.Shutdown(embedded.Fast); err != nil {
		t.Fatal(err)
	}
	r := serving(t, w.env)
	until(t, "it says that the database is away", func() bool { return strings.Contains(r.said.String(), "the database cannot be used yet") })
	answers := func(ready int) {
		t.Helper()
		if got, _ := r.get("/healthz"); got != http.StatusOK {
			t.Errorf("/healthz answers %d", got)
		}
		until(t, "/readyz is right", func() bool { got, _ := r.get("/readyz"); return got == ready })
	}
	succeeded := func() bool {
		_, page := r.get("/metrics")
		return strings.Contains(page, `rollcall_runs_total{source="c1",status="succeeded"} `) &&
			!strings.Contains(page, `rollcall_runs_total{source="c1",status="succeeded"} 0`)
	}
	answers(http.StatusServiceUnavailable)
	if err := server.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(http.StatusOK)
	until(t, "a run succeeds", succeeded)
	if err := server.Shutdown(embedded.Immediate); err != nil {
		t.Fatal(err)
	}
	answers(http.StatusServiceUnavailable)
	until(t, "the metrics report that the database is down", func() bool {
		_, page := r.get("/metrics")
		return strings.Contains(page, "rollcall_database_up 0")
	})
	if err := server.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	answers(http.StatusOK)
	r.signal(syscall.SIGTERM)
	if got := exitCode(t, r.cmd); got != exitWell {
		t.Errorf("exit status %d", got)
	}
}

func TestServeRefusesWhatCannotBe(t *testing.T) {
	env := map[string]string{
		"DATABASE_URL": "postgres://nobody@127.0.0.1:1/x", "ROLLCALL_SOURCES": "acme:twilio,beta:twilio", "ROLLCALL_SCHEDULE": "0 0 31 2 *",
		"ACME_SCHEDULE": "TZ=UTC", "BETA_SCHEDULE": "@every -5m", "ROLLCALL_ADDR": "here",
	}
	code, _, stderr := call(t, env, "serve")
	for _, name := range []string{"ROLLCALL_SCHEDULE: ", "ACME_SCHEDULE: ", "BETA_SCHEDULE: ", "ROLLCALL_ADDR: ", "ACME_ACCOUNT_SID: "} {
		if code != exitUsage || !strings.Contains(stderr, "  "+name) {
			t.Errorf("exit status %d, and nothing of %q in:\n%s", code, name, stderr)
		}
	}
	env = map[string]string{"DATABASE_URL": sinktest.URL(t) + "&sslmode=verify-full", "ROLLCALL_ADDR": "127.0.0.1:99999"}
	if code, _, stderr := call(t, env, "serve"); code != exitUsage || !strings.Contains(stderr, "ROLLCALL_ADDR") {
		t.Errorf("exit status %d: %s", code, stderr)
	}
}

// A secret that can no longer be read fails that run, and is reported where people
// look; the process continues, and so does the connection once it is back.
func TestAnUnreadableSecretFailsItsRun(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"] = url, "@every 1s"
	secret := fileOf(t, "t")
	delete(w.env, "C1_API_TOKEN")
	w.env["C1_API_TOKEN_FILE"] = secret.path
	r := serving(t, w.env)
	until(t, "a run succeeds", func() bool { return count(t, db, runsOf, "c1", "succeeded") > 0 })
	secret.remove()
	until(t, "a run fails", func() bool { return count(t, db, runsOf, "c1", "failed") > 0 })
	if n := count(t, db, `SELECT count(*) FROM directory.runs WHERE status = 'failed' AND error NOT LIKE '%C1_API_TOKEN_FILE%'`); n > 0 {
		t.Errorf("%d failed runs do not name the variable", n)
	}
	before := count(t, db, runsOf, "c1", "succeeded")
	secret.write("t")
	until(t, "a run succeeds again", func() bool { return count(t, db, runsOf, "c1", "succeeded") > before })
	if got, _ := r.get("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz answers %d", got)
	}
}
