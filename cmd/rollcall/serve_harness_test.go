package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/sources/simulate"
)

// A journal is what a process said so far.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A replica is a process that serves.
type replica struct {
	*testing.T
	cmd  *exec.Cmd
	said *journal
	url  string // of health and metrics
}

// serving starts a replica with these variables and waits until it listens.
func serving(t *testing.T, env map[string]string) *replica {
	t.Helper()
	return servingUnder(t, env, func(*exec.Cmd) {})
}

// servingUnder is serving with a command that was changed.
func servingUnder(t *testing.T, env map[string]string, change func(*exec.Cmd)) *replica {
	t.Helper()
	list := []string{"ROLLCALL_ADDR=127.0.0.1:0", "LOG_FORMAT=json"}
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	r := &replica{T: t, cmd: program(t, "main", list, "serve"), said: &journal{}}
	r.cmd.Stderr = r.said
	change(r.cmd)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // in vain where the test saw it end
		_ = r.cmd.Wait()
		if t.Failed() {
			t.Logf("a replica said:\n%s", r.said)
		}
	})
	listening := regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)
	until(t, "it listens", func() bool {
		m := listening.FindStringSubmatch(r.said.String())
		if m != nil {
			r.url = "http://" + m[1]
		}
		return m != nil
	})
	return r
}

// get asks for a path and returns status and body, 0 where nothing answers.
func (r *replica) get(path string) (int, string) {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.Fatal(err)
	}
	return answered(req)
}

func answered(req *http.Request) (int, string) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(body)
}

// post delivers a push with credentials.
func (r *replica) post(path, user, password, body string) int {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, password)
	}
	status, _ := answered(req)
	return status
}

func (r *replica) signal(s syscall.Signal) {
	r.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.Fatal(err)
	}
}

// A town is connections to simulated providers of one kind.
type town struct {
	env     map[string]string
	worlds  []*simulate.World
	servers []*simulate.Server
}

// settle starts n providers of the kind signalwire or agendize, each with these
// accounts, whose connections are c1, c2, …
func settle(t *testing.T, kind string, n, accounts int) *town {
	t.Helper()
	w := &town{env: map[string]string{"DATABASE_URL": ""}}
	var names []string
	for i := range n {
		world := simulate.NewWorld()
		simulate.Populate(world, uint64(i), accounts, simulate.Shape{ID: simulate.UUID, Levels: 1})
		var h http.Handler = &simulate.SignalWire{Accounts: world, Project: "p", Token: "t"}
		if kind == "agendize" {
			h = &simulate.Agendize{Accounts: world, APIKey: "p", Token: "t"}
		}
		server := simulate.Run(t, h)
		name := fmt.Sprintf("c%d", i+1)
		prefix := strings.ToUpper(name) + "_"
		names = append(names, name+":"+kind)
		w.env[prefix+"BASE_URL"] = server.URL
		if kind == "agendize" {
			w.env[prefix+"API_KEY"], w.env[prefix+"TOKEN"] = "p", "t"
		} else {
			w.env[prefix+"PROJECT_ID"], w.env[prefix+"API_TOKEN"] = "p", "t"
		}
		w.worlds, w.servers = append(w.worlds, world), append(w.servers, server)
	}
	w.env["ROLLCALL_SOURCES"] = strings.Join(names, ",")
	return w
}

// count asks the database for a number.
func count(t *testing.T, db *sqlx.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := db.GetContext(t.Context(), &n, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// A secretFile is a file that holds a secret.
type secretFile struct {
	t    *testing.T
	path string
}

func fileOf(t *testing.T, text string) secretFile {
	f := secretFile{t, filepath.Join(t.TempDir(), "secret")}
	f.write(text)
	return f
}

func (f secretFile) write(text string) {
	if err := os.WriteFile(f.path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f secretFile) remove() {
	if err := os.Remove(f.path); err != nil {
		f.t.Fatal(err)
	}
}
