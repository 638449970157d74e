package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"

	"rollcall/sink"
	"rollcall/sink/sinktest"
)

// asProgram makes of the test binary the program itself, or what is left of it
// while it does not heed a signal.
const asProgram = "ROLLCALL_TEST_AS"

func TestMain(m *testing.M) {
	switch os.Getenv(asProgram) {
	case "main":
		main()
	case "deaf":
		ctx, _ := untilSignal(context.Background())
		fmt.Println("waiting")
		<-ctx.Done()
		fmt.Println("signaled")
		select {}
	case "stuck export":
		stuckExport(os.Args[1])
		return
	}
	sinktest.Main(m)
}

// call runs the program with these variables as its environment.
func call(t testing.TB, env map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, messages bytes.Buffer
	var names []string
	for name := range env {
		names = append(names, name)
	}
	code = run(t.Context(), args, envconfig.MapLookuper(env), names, &out, &messages)
	return code, out.String(), messages.String()
}

// migrated is the URL of a database with a schema, and the database.
func migrated(t *testing.T) (string, *sqlx.DB) {
	t.Helper()
	url := sinktest.URL(t)
	db, err := sqlx.Connect("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	sinktest.Publish(t, db)
	return url, db
}

// program prepares the program as a process of its own.
func program(t *testing.T, as string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), env...), asProgram+"="+as)
	return cmd
}

// exitCode waits for the end of a process: 128 and more where a signal ended it.
func exitCode(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return exitSignals + int(status.Signal())
	}
	return status.ExitStatus()
}

// until waits for a condition of another process.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !is() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestASignalDecidesTheExitStatus(t *testing.T) {
	for _, test := range []struct {
		signal syscall.Signal
		want   int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(test.signal.String(), func(t *testing.T) {
			url, db := migrated(t)
			tx := db.MustBegin()
			tx.MustExec("LOCK TABLE directory.accounts IN ACCESS EXCLUSIVE MODE")
			defer tx.Rollback()
			cmd := program(t, "main", []string{"DATABASE_URL=" + url}, "accounts")
			var messages bytes.Buffer
			cmd.Stderr = &messages
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			until(t, "it waits for the lock", func() (waits bool) {
				err := db.Get(&waits, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))")
				return err == nil && waits
			})
			if err := cmd.Process.Signal(test.signal); err != nil {
				t.Fatal(err)
			}
			if got := exitCode(t, cmd); got != test.want || !strings.HasPrefix(messages.String(), "rollcall: interrupted by SIG") {
				t.Errorf("exit status %d, want %d; it said %q", got, test.want, &messages)
			}
		})
	}
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	cmd := program(t, "deaf", nil)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := func(want string) {
		line := make([]byte, len(want))
		if _, err := io.ReadFull(stdout, line); err != nil || string(line) != want {
			t.Fatalf("it said %q, want %q: %v", line, want, err)
		}
	}
	for _, said := range []string{"waiting\n", "signaled\n"} {
		read(said)
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	if got := exitCode(t, cmd); got != 143 {
		t.Errorf("exit status %d, want 143", got)
	}
}

// As rollcall accounts | head does.
func TestAClosedOutputIsNoFailure(t *testing.T) {
	url, db := migrated(t)
	db.MustExec(`INSERT INTO directory.runs (source, trigger, status, started_at) SELECT 'acme', 'manual', 'running', now() FROM generate_series(1, 10000)`)
	for _, format := range []string{"table", "json", "jsonl", "csv"} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		cmd := program(t, "main", []string{"DATABASE_URL=" + url}, "runs", "--limit", "0", "-o", format)
		var messages bytes.Buffer
		cmd.Stdout, cmd.Stderr = write, &messages
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		write.Close()
		if got := exitCode(t, cmd); got != 0 || messages.Len() > 0 {
			t.Errorf("%s: exit status %d; it said %q", format, got, &messages)
		}
	}
}

func TestAnEmbeddedDatabaseIsKeptAndStopped(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "rollcall-test-") // Postgres, which does not run as root, must get in
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"DATABASE_URL": "embedded", "ROLLCALL_DATA_DIR": filepath.Join(dir, "data"), "LOG_LEVEL": "error"}
	if code, _, stderr := call(t, env, "accounts"); code != 1 || !strings.Contains(stderr, "rollcall migrate up") {
		t.Errorf("a new database: exit status %d: %s", code, stderr)
	}
	if code, _, stderr := call(t, env, "migrate", "up"); code != 0 {
		t.Fatalf("exit status %d: %s", code, stderr)
	}
	if code, stdout, stderr := call(t, env, "accounts", "-o", "json"); code != 0 || stdout != "[]\n" {
		t.Errorf("the next call: exit status %d: %s%s", code, stdout, stderr)
	}
	sockets, err := filepath.Glob(filepath.Join(dir, "data", "run", ".s.PGSQL.*"))
	if err != nil || len(sockets) > 0 {
		t.Errorf("the server is up still: %q, %v", sockets, err)
	}
}
