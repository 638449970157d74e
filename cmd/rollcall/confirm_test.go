package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNothingButYesIsAYes(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, " YES \n": true, "yes": true, "y\n": false, "no\n": false, "\n": false, "": false} {
		a := &app{stderr: io.Discard}
		if err := a.ask(t.Context(), strings.NewReader(answer), "erase acme/A"); (err == nil) != want {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestAnInterruptedQuestionEndsAtOnce(t *testing.T) {
	var said bytes.Buffer
	silent, user := io.Pipe() // who types nothing
	defer user.Close()
	ctx, interrupt := context.WithCancelCause(t.Context())
	interrupt(interruption{syscall.SIGINT})
	err := (&app{stderr: &said}).ask(ctx, silent, "erase acme/A")
	if !errors.As(err, new(interruption)) || !strings.HasSuffix(said.String(), "\nnothing was done\n") {
		t.Errorf("%v; it said %q", err, &said)
	}
}

// pty is a terminal: what a person has of it, and what a program has.
func pty(t *testing.T) (person, program *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	person = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { person.Close() })
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)); err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

// What deletes or erases by hand asks on a terminal, where one Ctrl-C is an answer.
func TestTheTerminalIsAsked(t *testing.T) {
	url, db := migrated(t)
	db.MustExec(`INSERT INTO directory_internal.connection (name, provider) VALUES ('acme', 'fake')`)
	db.MustExec(`INSERT INTO directory.accounts (source, external_id, provider, root_id, depth, path, name, status, payload, fingerprint, first_seen_at, changed_at)
		SELECT 'acme', 'a' || n, 'fake', n, 0, ARRAY[n], '', 'active', '{}', '', now(), now() FROM generate_series(1, 3) n`)
	for _, c := range []struct {
		args  string
		asks  string
		typed string
		code  int
		live  int // afterwards
	}{
		{"connections retire acme", "Mark 3 accounts of acme as deleted? [yes/no] ", "\x03", 130, 3},
		{"connections retire acme", "Mark 3 accounts of acme as deleted? [yes/no] ", "y\n", exitFailed, 3},
		{"forget acme/a1", "Erase acme/a1 with all of its history, for ever? [yes/no] ", "\x03", 130, 3},
		{"forget acme/a1", "Erase acme/a1 with all of its history, for ever? [yes/no] ", "yes\n", exitWell, 2},
		{"retire acme/a2", "Mark acme/a2 as deleted? [yes/no] ", "\x04", exitFailed, 2},
		{"retire acme/a2", "Mark acme/a2 as deleted? [yes/no] ", "yes\n", exitWell, 1},
		{"connections retire acme", "Mark 1 accounts of acme as deleted? [yes/no] ", "yes\n", exitWell, 0},
	} {
		person, terminal := pty(t)
		cmd := program(t, "main", []string{"DATABASE_URL=" + url}, strings.Fields(c.args)...)
		cmd.Stdin, cmd.Stderr = terminal, terminal
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		terminal.Close()
		var said []byte
		for chunk := make([]byte, 100); !bytes.HasSuffix(said, []byte(c.asks)); {
			n, err := person.Read(chunk)
			if said = append(said, chunk[:n]...); err != nil {
				t.Fatalf("%s: said %q, and then %v", c.args, said, err)
			}
		}
		if _, err := person.WriteString(c.typed); err != nil {
			t.Fatal(err)
		}
		if code := exitCode(t, cmd); code != c.code {
			t.Errorf("%s, and %q: exit status %d, want %d", c.args, c.typed, code, c.code)
		}
		var live int
		if err := db.Get(&live, `SELECT count(*) FROM directory.live_accounts`); err != nil || live != c.live {
			t.Errorf("%s, and %q: %d accounts live, want %d: %v", c.args, c.typed, live, c.live, err)
		}
	}
}
