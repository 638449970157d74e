package embedded

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// childFolder is set where the test's binary is to be another rollcall, which
// uses a server until its stdin ends.
const childFolder = "ROLLCALL_TEST_CHILD"

func TestMain(m *testing.M) {
	dir, child := os.LookupEnv(childFolder)
	if !child {
		goleak.VerifyTestMain(m)
		return
	}
	s, err := Start(context.Background(), Options{DataDir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.dir)
	io.Copy(io.Discard, os.Stdin)
	if err := s.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestATemporaryServer(t *testing.T) {
	s := start(t, Options{})
	if got := ask(t, s, "SELECT current_database()"); got != Database {
		t.Errorf("the database is %q, want %q", got, Database)
	}
	if got := ask(t, s, "SHOW listen_addresses"); got != "" {
		t.Errorf("it listens on %q", got)
	}
	if got := ask(t, s, "SELECT lower('É')"); got != "é" {
		t.Errorf("lower('É') is %q", got)
	}
	if got := ask(t, s, "SELECT 'Z' < 'a' AND 'z' < 'é'"); got != "true" {
		t.Error("text is not in the order of its bytes")
	}
	pid := postmaster(t, s.dir)
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Fatalf("Stop: %v", err)
		}
	}
	if alive(pid) {
		t.Errorf("process %d lives on", pid)
	}
	if exists(string(s.dir)) {
		t.Errorf("%s is left", s.dir)
	}
}

func TestARestartKeepsWhatWasCommitted(t *testing.T) {
	s := start(t, Options{Settings: map[string]string{"synchronous_commit": "on"}})
	url := s.URL()
	ask(t, s, "CREATE TABLE kept (mode text); SELECT 'made'")
	for _, mode := range []Mode{Fast, Immediate} {
		ask(t, s, "INSERT INTO kept VALUES ('"+string(mode)+"') RETURNING mode")
		if err := s.Shutdown(mode); err != nil {
			t.Fatal(err)
		}
		if s.answers() {
			t.Error("a server that is down takes connections")
		}
		if err := s.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, s, "SELECT mode FROM kept WHERE mode = '"+string(mode)+"'"); got != string(mode) {
			t.Errorf("after a shutdown that is %s: %q", mode, got)
		}
		if s.URL() != url {
			t.Errorf("the address changed from %s to %s", url, s.URL())
		}
	}
}

func TestADurableFolderIsUsedAgain(t *testing.T) {
	dir := shortDir(t)
	s := start(t, Options{DataDir: dir, Durable: true})
	if got := ask(t, s, "SELECT current_setting('fsync') || current_setting('full_page_writes')"); got != "onon" {
		t.Errorf("fsync and full_page_writes: %s", got)
	}
	ask(t, s, "CREATE TABLE kept AS SELECT 7 AS n; SELECT 'made'")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s = start(t, Options{DataDir: dir, Durable: true})
	if got := ask(t, s, "SELECT n FROM kept"); got != "7" {
		t.Errorf("after the restart: %s, want 7", got)
	}
}

func TestAServerDiesWithItsParent(t *testing.T) {
	t.Run("and a temporary folder goes", func(t *testing.T) {
		child, dir := startChild(t, "")
		pid := postmaster(t, dir)
		kill(t, child)
		await(t, "the server's end", func() bool { return !alive(pid) })
		await(t, "the folder's removal", func() bool { return !exists(string(dir)) })
	})
	t.Run("and a kept one serves the next", func(t *testing.T) {
		child, dir := startChild(t, shortDir(t))
		pid := postmaster(t, dir)
		kill(t, child)
		s := start(t, Options{DataDir: string(dir)}) // while the old one goes down
		if alive(pid) {
			t.Errorf("the dead process's server %d lives on", pid)
		}
		ask(t, s, "SELECT 1")
	})
}

func TestAServerIsShared(t *testing.T) {
	child, dir := startChild(t, shortDir(t))
	pid := postmaster(t, dir)
	s := start(t, Options{DataDir: string(dir)})
	if got := postmaster(t, dir); got != pid {
		t.Errorf("the second has a server of its own: %d, not %d", got, pid)
	}
	kill(t, child)
	ask(t, s, "SELECT 1") // it outlives the one that started it
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Errorf("the server %d outlives its last user", pid)
	}
}

func TestManyStartOneServerAtOnce(t *testing.T) {
	dir := shortDir(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := Start(t.Context(), Options{DataDir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			if !s.answers() {
				t.Error("it does not answer")
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if inUse(folder(dir).users()) {
		t.Error("a server is left")
	}
}

// Variables that are meant for another server do not keep ours from starting.
func TestVariablesForAnotherServer(t *testing.T) {
	for name, value := range map[string]string{"PGGSSENCMODE": "disable", "PGHOSTADDR": "192.0.2.1", "PGPORT": "1", "PGSSLMODE": "verify-full"} {
		t.Setenv(name, value)
	}
	s, err := Start(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}
