package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"rollcall/sources/simulate"
)

// A screenshot takes what a program writes to a terminal and keeps what the
// terminal shows.
type screenshot struct {
	ended chan struct{} // closed once no program has the terminal open

	mu  sync.Mutex
	all bytes.Buffer
}

// upAndErase is the only control sequence that a progress uses.
var upAndErase = regexp.MustCompile(`\x1b\[(\d+)F\x1b\[J`)

func (s *screenshot) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.String()
}

func (s *screenshot) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all.Write(b)
}

// shown returns what the terminal shows at the end.
func (s *screenshot) shown(t *testing.T) (lines []string) {
	t.Helper()
	for part := range strings.SplitAfterSeq(strings.ReplaceAll(s.text(), "\r", ""), "\n") {
		for {
			at := upAndErase.FindStringSubmatchIndex(part)
			if at == nil {
				break
			}
			if at[0] > 0 {
				t.Errorf("a progress is removed amid the line %q", part)
			}
			up, _ := strconv.Atoi(part[at[2]:at[3]])
			lines, part = lines[:len(lines)-up], part[at[1]:]
		}
		if part != "" {
			lines = append(lines, part)
		}
	}
	return lines
}

// terminal returns a terminal of 80 columns for a program, and what it shows.
func terminal(t *testing.T) (*os.File, *screenshot) {
	t.Helper()
	step := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	step(err)
	t.Cleanup(func() { outside.Close() })
	fd := int(outside.Fd())
	step(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	step(err)
	inside, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	step(err)
	step(unix.IoctlSetWinsize(int(inside.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 80, Row: 24}))
	s := &screenshot{ended: make(chan struct{})}
	go func() {
		defer close(s.ended)
		io.Copy(s, outside)
	}()
	return inside, s
}

// A command that pulls shows its progress on a terminal: below the log lines and
// the answer, which stay whole, and gone at the end.
func TestACommandThatPullsDrawsItsProgress(t *testing.T) {
	for _, args := range [][]string{{"sync"}, {"backfill", "signalwire"}, {"plan"}} {
		fleet, err := simulate.Start(40, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer fleet.Close()
		env := []string{"NO_COLOR=1", "TERM=xterm", "SIGNALWIRE_PAGE_SIZE=3"}
		for name, value := range fleet.Env() {
			env = append(env, name+"="+value)
		}
		url, _ := migrated(t)
		gate := simulate.NewGate()
		fleet.Servers["signalwire"].On(simulate.Listing).Skip(1).Do(gate.Hold())
		inside, screen := terminal(t)
		cmd := program(t, "main", append(env, "DATABASE_URL="+url), args...)
		cmd.Stdout, cmd.Stderr = inside, inside
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		inside.Close()
		until(t, "the first page is shown", func() bool {
			return strings.Contains(screen.text(), "\nsignalwire: reading, 3 records, page 1")
		})
		gate.Open()
		if code := exitCode(t, cmd); code != exitWell {
			t.Errorf("%v: exit status %d", args, code)
		}
		<-screen.ended
		for _, line := range screen.shown(t) {
			for _, gone := range []string{": reading", ": starting", ": applying", " done"} {
				if strings.Contains(line, gone) {
					t.Errorf("%v: at the end the terminal shows the progress %q", args, line)
				}
			}
			if i := strings.Index(line, "time="); i > 0 {
				t.Errorf("%v: a log line within %q", args, line)
			}
		}
	}
}
