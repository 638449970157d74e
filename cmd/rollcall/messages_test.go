package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/sources/simulate"
)

// A logLine is a line of a JSON log.
type logLine map[string]any

// logLines reads a log in which every line is JSON.
func logLines(t *testing.T, log string) (lines []logLine) {
	t.Helper()
	for text := range strings.Lines(log) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("not JSON: %s", text)
		}
		lines = append(lines, line)
	}
	return lines
}

// find returns the first line whose message begins with text, or nil.
func find(lines []logLine, text string) logLine {
	for _, line := range lines {
		if strings.HasPrefix(line["msg"].(string), text) {
			return line
		}
	}
	return nil
}

// A sync that skips a connection is no error, shows no run, and exits with 0. JSON
// logs have durations in seconds.
func TestSkippedRun(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	w.env["DATABASE_URL"], _ = migrated(t)
	w.env["LOG_FORMAT"] = "json"
	gate := simulate.NewGate()
	defer gate.Open()
	w.servers[0].On(simulate.Any).Do(gate.Hold())
	first := make(chan string, 1)
	go func() {
		_, _, stderr := call(t, w.env, "sync")
		first <- stderr
	}()
	<-gate.Reached()
	code, stdout, stderr := call(t, w.env, "sync", "-o", "json")
	line := find(logLines(t, stderr), "run skipped")
	if code != exitWell || line["level"] != "INFO" || !strings.Contains(stdout, `"id":null,"status":"skipped"`) {
		t.Errorf("exit status %d: %s%s", code, stdout, stderr)
	}
	gate.Open()
	line = find(logLines(t, <-first), "run succeeded")
	if took, ok := line["took"].(float64); !ok || took <= 0 || took > 3600 {
		t.Errorf("took is no number of seconds: %v", line)
	}
}

// A plan leaves no run, and says so by its silence. Its exit status reports changes
// on demand.
func TestPlanExitCode(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 30)
	w.env["DATABASE_URL"], _ = migrated(t)
	w.env["LOG_FORMAT"] = "json"
	plan := func(want int, args ...string) {
		t.Helper()
		code, stdout, stderr := call(t, w.env, append([]string{"plan"}, args...)...)
		if code != want || find(logLines(t, stderr), "run ") != nil {
			t.Errorf("plan %v: exit status %d, want %d: %s%s", args, code, want, stdout, stderr)
		}
	}
	plan(exitWell)
	plan(exitChanges, "--exit-code")
	if code, _, stderr := call(t, w.env, "sync"); code != exitWell {
		t.Fatalf("sync: exit status %d: %s", code, stderr)
	}
	plan(exitWell, "--exit-code")
	w.worlds[0].Update(w.worlds[0].Snapshot()[0].ID, func(a *simulate.Account) { a.Name = "Renamed" })
	plan(exitWell)
	plan(exitChanges, "--exit-code")
	w.servers[0].On(simulate.Any).Do(simulate.Status(http.StatusForbidden))
	code, _, stderr := call(t, w.env, "plan", "--exit-code")
	if line := find(logLines(t, stderr), "plan failed"); code != exitFailed || line["level"] != "ERROR" || line["error"] == "" {
		t.Errorf("a failing plan: exit status %d: %s", code, stderr)
	}
}

// The summary of a sync goes to stdout, also into a pipe.
func TestSyncPrintsItsResults(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	w.env["DATABASE_URL"], _ = migrated(t)
	if code, stdout, stderr := call(t, w.env, "sync", "-o", "csv"); code != exitWell || !strings.HasPrefix(stdout, "source,id,status,took_seconds,fetched,created,") || !strings.Contains(stdout, "\nc1,1,succeeded,") {
		t.Errorf("exit status %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr := call(t, w.env, "backfill", "c1")
	if code != exitWell || !strings.HasPrefix(stdout, "SOURCE  RUN  STATUS ") {
		t.Errorf("exit status %d: %s%s", code, stdout, stderr)
	}
}

func TestServeSaysWhatItWillDo(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 2, 3)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"] = url, "@yearly"
	if code, _, stderr := call(t, w.env, "sync", "c1"); code != exitWell {
		t.Fatalf("sync: exit status %d: %s", code, stderr)
	}
	db.MustExec(`INSERT INTO directory.runs (source, trigger, status, started_at) VALUES ('c2', 'manual', 'running', now())`)
	r := serving(t, w.env)
	until(t, "it logs the schedule", func() bool { return strings.Contains(r.said.String(), "never loaded") })
	lines := logLines(t, r.said.String())
	if line := find(lines, "starting"); line["version"] == "" || line["version"] == nil {
		t.Errorf("no version: %v", line)
	}
	line := find(lines, "connection scheduled")
	if next, err := time.Parse(time.RFC3339, line["next"].(string)); err != nil || line["source"] != "c1" || line["schedule"] != "@yearly" || next.YearDay() != 1 {
		t.Errorf("the schedule of c1: %v", line)
	}
	if line := find(lines, "connections were never loaded"); line["sources"] != "c2" {
		t.Errorf("never loaded: %v", line)
	}
	_, page := r.get("/metrics")
	for _, want := range []string{
		`rollcall_build_info{commit="`, `rollcall_runs_running{source="c2"} 1`, `rollcall_runs_running{source="c1"} 0`,
		`rollcall_next_run_timestamp_seconds{source="c1"} 1.`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the metrics have no %q:\n%s", want, page)
		}
	}
}

// The bounds of a histogram are short numbers.
func TestHistogramBounds(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"] = url, "@every 1s"
	r := serving(t, w.env)
	until(t, "a run is over", func() bool { return count(t, db, runsOf, "c1", "succeeded") > 0 })
	until(t, "it is counted", func() bool {
		_, page := r.get("/metrics")
		return strings.Contains(page, `rollcall_run_duration_seconds_bucket{source="c1",le="0.3"} `)
	})
}

func TestTimeFlag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for text, want := range map[string]time.Time{
			"2026-03-01T12:00:00+02:00": time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC),
			"2026-03-01":                time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
			"90m":                       time.Now().Add(-90 * time.Minute),
			"24h":                       time.Now().Add(-24 * time.Hour),
			"7d":                        time.Now().Add(-7 * 24 * time.Hour),
		} {
			var f timeFlag
			if err := f.Set(text); err != nil || !f.Equal(want) {
				t.Errorf("%s: %v, want %v: %v", text, f, want, err)
			}
		}
		for _, text := range []string{"", "7w", "-1h", "0d", "d", "1.5d", "yesterday"} {
			if err := new(timeFlag).Set(text); err == nil {
				t.Errorf("%q is accepted", text)
			}
		}
	})
}
