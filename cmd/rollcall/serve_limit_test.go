package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// openFiles lets a program open so many files.
func openFiles(most int) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) {
		cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, most), cmd.Path}, cmd.Args[1:]...)
		cmd.Path = "/bin/sh"
	}
}

// Half-open connections keep neither probes nor deliveries nor providers out,
// where the process may open few files.
func TestHalfOpenConnections(t *testing.T) {
	t.Parallel()
	w := settle(t, "agendize", 1, 5)
	url, db := migrated(t)
	w.env["DATABASE_URL"], w.env["ROLLCALL_SCHEDULE"] = url, "@every 1s"
	w.env["C1_HOOK_USERNAME"], w.env["C1_HOOK_PASSWORD"] = hookUser, hookPassword
	r := servingUnder(t, w.env, openFiles(100))
	until(t, "it serves", func() bool { got, _ := r.get("/readyz"); return got == http.StatusOK })
	var dialer net.Dialer
	for i := range 300 {
		conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		half := []string{"", "GET /healthz HTTP/1.1\r\n", "POST /hooks/c1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"}[i%3]
		if _, err := io.WriteString(conn, half); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			if got, body := r.get("/healthz"); got != http.StatusOK {
				t.Errorf("with %d connections /healthz answers %d: %s", i, got, body)
			}
		}
	}
	for range 10 {
		if got, body := r.get("/healthz"); got != http.StatusOK {
			t.Errorf("/healthz answers %d: %s", got, body)
		}
		if got := r.post("/hooks/c1", hookUser, hookPassword, `{"id":"1"}`); got != http.StatusAccepted {
			t.Errorf("a delivery: %d", got)
		}
	}
	before := count(t, db, runsOf, "c1", "succeeded")
	until(t, "a run succeeds", func() bool { return count(t, db, runsOf, "c1", "succeeded") > before })
	if strings.Contains(r.said.String(), "too many open files") {
		t.Error("it ran out of files")
	}
}

// What net/http says about a connection is a line of the log like any other.
func TestServerErrorsAreLogged(t *testing.T) {
	t.Parallel()
	w := settle(t, "agendize", 1, 5)
	w.env["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/x"
	r := servingUnder(t, w.env, openFiles(14))
	for range 20 { // more than it can take
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	until(t, "the server complains", func() bool { return strings.Contains(r.said.String(), "too many open files") })
	for line := range strings.Lines(r.said.String()) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("a line of the log is no JSON: %s", line)
		}
	}
}

// Wrong passwords get slow and are logged now and then; the right one is let in,
// from the same address.
func TestGuessedPasswords(t *testing.T) {
	t.Parallel()
	r, _, _ := hooked(t, nil)
	answers := map[int]int{}
	for i := range 40 {
		answers[r.post("/hooks/c1", hookUser, fmt.Sprint("guess-", i), `{"id":"1"}`)]++
		if i%10 == 0 {
			if got := r.post("/hooks/c1", hookUser, hookPassword, `{"id":"1"}`); got != http.StatusAccepted {
				t.Errorf("after %d guesses the right password: %d", i, got)
			}
		}
	}
	if answers[http.StatusUnauthorized] < 20 || answers[http.StatusTooManyRequests] == 0 || len(answers) != 2 {
		t.Errorf("answers to guesses: %v", answers)
	}
	said := r.said.String()
	if n := strings.Count(said, "wrong user or password"); n == 0 || n > 2 || !strings.Contains(said, `"peer":"127.0.0.1"`) || strings.Contains(said, "guess-") {
		t.Errorf("the log has %d lines about it:\n%s", n, said)
	}
}
