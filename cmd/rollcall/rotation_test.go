package main

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/jmoiron/sqlx"
)

// login makes a role that may do what the directory's owner may, and returns a
// URL with it.
func login(t *testing.T, db *sqlx.DB, base, role string) string {
	t.Helper()
	db.MustExec(`CREATE ROLE ` + role + ` LOGIN SUPERUSER`)
	t.Cleanup(func() {
		until(t, "the sessions of "+role+" have ended, with their temporary tables", func() bool {
			var n int
			err := db.Get(&n, `SELECT count(*) FROM pg_stat_activity WHERE usename = $1`, role)
			return err == nil && n == 0
		})
		db.MustExec(`REASSIGN OWNED BY ` + role + ` TO current_user; DROP OWNED BY ` + role + `; DROP ROLE ` + role)
	})
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	return u.String()
}

// A rotated DATABASE_URL_FILE needs no restart, and /readyz says when a run
// could not begin, also while old sessions are open.
func TestServeFollowsARotatedDatabaseURL(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	base, db := migrated(t)
	secret := fileOf(t, login(t, db, base, "rotated_one"))
	delete(w.env, "DATABASE_URL")
	w.env["DATABASE_URL_FILE"], w.env["ROLLCALL_SCHEDULE"] = secret.path, "@every 1s"
	r := serving(t, w.env)
	ready := func(want int, says string) {
		t.Helper()
		until(t, "/readyz is right", func() bool {
			got, body := r.get("/readyz")
			return got == want && strings.Contains(body, says)
		})
	}
	succeeds := func() {
		t.Helper()
		before := count(t, db, runsOf, "c1", "succeeded")
		until(t, "a run succeeds", func() bool { return count(t, db, runsOf, "c1", "succeeded") > before })
	}
	ready(http.StatusOK, "")
	succeeds()
	second := login(t, db, base, "rotated_two")
	db.MustExec(`ALTER ROLE rotated_one NOLOGIN`)
	ready(http.StatusServiceUnavailable, "refused the user or the password")
	secret.write(second)
	ready(http.StatusOK, "")
	succeeds()
	until(t, "no idle session of the revoked role is left", func() bool {
		return count(t, db, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'rotated_one' AND state = 'idle' AND datname = current_database()`) == 0
	})
	secret.remove()
	ready(http.StatusServiceUnavailable, "DATABASE_URL_FILE")
	mutePipe(t, secret.path)
	ready(http.StatusServiceUnavailable, "did not open within")
	for path, want := range map[string]int{"/healthz": http.StatusOK, "/metrics": http.StatusOK} {
		if got, _ := r.get(path); got != want {
			t.Errorf("GET %s: %d", path, got)
		}
	}
	r.signal(syscall.SIGTERM)
	if got := exitCode(t, r.cmd); got != exitWell {
		t.Errorf("exit status %d", got)
	}
}

// mutePipe makes a pipe that nobody writes to.
func mutePipe(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A secret that blocks fails its run after TIMEOUT; other connections run on.
func TestASecretThatBlocks(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 2, 3)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"], w.env["C1_TIMEOUT"] = url, "@every 1s", "1s"
	secret := fileOf(t, "t")
	delete(w.env, "C1_API_TOKEN")
	w.env["C1_API_TOKEN_FILE"] = secret.path
	r := serving(t, w.env)
	until(t, "a run succeeds", func() bool { return count(t, db, runsOf, "c1", "succeeded") > 0 })
	mutePipe(t, secret.path)
	until(t, "a run is given up", func() bool {
		return count(t, db, `SELECT count(*) FROM directory.runs WHERE source = 'c1' AND error LIKE '%C1_API_TOKEN_FILE%TIMEOUT%'`) > 0
	})
	before := count(t, db, runsOf, "c2", "succeeded")
	until(t, "the other runs on", func() bool { return count(t, db, runsOf, "c2", "succeeded") > before })
	if got, body := r.get("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz answers %d: %s", got, body)
	}
	r.signal(syscall.SIGTERM)
	if got := exitCode(t, r.cmd); got != exitWell {
		t.Errorf("exit status %d", got)
	}
}

// serve ends with status 0 on SIGTERM also while it reads its environment, and
// lives through SIGHUP.
func TestServeAndItsSignals(t *testing.T) {
	t.Parallel()
	w := settle(t, "signalwire", 1, 3)
	secret := fileOf(t, "t")
	mutePipe(t, secret.path)
	delete(w.env, "C1_API_TOKEN")
	w.env["DATABASE_URL"], w.env["C1_API_TOKEN_FILE"] = "postgres://nobody@127.0.0.1:1/x", secret.path
	cmd := program(t, "main", append(environ(w.env), "ROLLCALL_ADDR=127.0.0.1:0"), "serve")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	writer, err := os.OpenFile(secret.path, os.O_WRONLY, 0) // which waits until serve reads
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := exitCode(t, cmd); got != exitWell {
		t.Errorf("SIGTERM at the start: exit status %d", got)
	}

	delete(w.env, "C1_API_TOKEN_FILE")
	w.env["C1_API_TOKEN"] = "t"
	r := serving(t, w.env)
	r.signal(syscall.SIGHUP)
	until(t, "it mentions SIGHUP", func() bool { return strings.Contains(r.said.String(), "SIGHUP is ignored") })
	if got, _ := r.get("/healthz"); got != http.StatusOK {
		t.Errorf("after SIGHUP /healthz answers %d", got)
	}
	r.signal(syscall.SIGTERM)
	if got := exitCode(t, r.cmd); got != exitWell {
		t.Errorf("exit status %d", got)
	}
}

// Each webhook is compared with the password as it is now; one that cannot be
// read lets nobody in.
func TestARotatedHookPassword(t *testing.T) {
	t.Parallel()
	secret := fileOf(t, "old")
	r, _, _ := hooked(t, func(env map[string]string) {
		delete(env, "C1_HOOK_PASSWORD")
		env["C1_HOOK_PASSWORD_FILE"] = secret.path
	})
	answers := func(when string, want map[string]int) {
		t.Helper()
		for password, status := range want {
			if got := r.post("/hooks/c1", hookUser, password, `{"id":"1"}`); got != status {
				t.Errorf("%s, the password %q: %d, want %d", when, password, got, status)
			}
		}
	}
	answers("at first", map[string]int{"old": 202, "new": 401})
	secret.write("new")
	answers("rotated", map[string]int{"old": 401, "new": 202})
	for when, change := range map[string]func(){
		"empty":   func() { secret.write("") },
		"removed": secret.remove,
		"a pipe":  func() { mutePipe(t, secret.path) },
	} {
		change()
		answers(when, map[string]int{"old": 503, "new": 503, "": 503})
		if err := os.RemoveAll(secret.path); err != nil {
			t.Fatal(err)
		}
		secret.write("newer")
		answers("back", map[string]int{"newer": 202, "new": 401})
	}
	if !strings.Contains(r.said.String(), "C1_HOOK_PASSWORD_FILE") {
		t.Error("the log does not name the variable")
	}
}
