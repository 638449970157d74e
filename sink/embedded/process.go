package embedded

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// A Mode is how a server stops, as pg_ctl names it.
type Mode string

const (
	// Fast ends all sessions and writes everything to disk.
	Fast Mode = "fast"
	// Immediate aborts the server, as a crash does: the next start recovers.
	Immediate Mode = "immediate"
)

// signals are what Postgres takes as each mode.
var signals = map[Mode]string{Fast: "INT", Immediate: "QUIT"}

//go:embed watch.sh
var watch string

// Shutdown stops the server; Up starts it again. They are for tests of what a
// failing database does to others.
func (s *Server) Shutdown(mode Mode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutdown(mode)
}

// Up starts the server after a Shutdown, on the same folder and socket.
func (s *Server) Up(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.launch(ctx)
}

// shutdown stops the server, if it runs, and waits until its watcher has ended.
func (s *Server) shutdown(mode Mode) error {
	if _, err := os.Stat(s.dir.pid()); err != nil {
		return nil // it does not run
	}
	out, err := s.command(s.bin+"/pg_ctl", "stop", "-s", "-w", "-D", s.dir.data(), "-m", string(mode)).CombinedOutput()
	if err != nil && mode == Fast {
		return s.shutdown(Immediate)
	}
	if err != nil {
		return fmt.Errorf("stopping Postgres: %s; its log: %s", firstOf(string(out), err), s.dir.log())
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if s.watcher != nil {
		<-s.watcher
	}
	return poll(ctx, func() (bool, error) { return !inUse(s.dir.users()), nil })
}

// Keep lets the server outlive its users, and a temporary folder too. The process
// of the returned id holds it up: when that ends, the server stops and a temporary
// folder is removed. Stop does nothing any more.
func (s *Server) Keep() (pid int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pipe == nil || s.watcher == nil {
		return 0, errors.New("only a running server that this process started can be kept")
	}
	holder := exec.Command("tail", "-f", "/dev/null") // which never ends by itself
	holder.ExtraFiles = []*os.File{s.pipe}
	holder.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := holder.Start(); err != nil {
		return 0, err
	}
	s.release()
	s.temporary = false
	pid = holder.Process.Pid // Release clears it
	return pid, holder.Process.Release()
}

// launch starts the watcher, which starts the server, and waits until it is ready.
func (s *Server) launch(ctx context.Context) error {
	log, err := openOwn(s.dir.log(), os.O_CREATE|os.O_WRONLY)
	if err != nil {
		return err
	}
	defer log.Close()
	if err := log.Truncate(0); err != nil {
		return err
	}
	read, write, err := openPipe(s.dir.users())
	if err != nil {
		return err
	}
	defer read.Close()
	if s.pipe != nil {
		s.pipe.Close()
	}
	s.pipe = write
	mode, remove := Fast, ""
	if s.temporary {
		mode, remove = Immediate, string(s.dir)
	}
	args := append([]string{"-c", watch, "watch", signals[mode], remove, s.bin + "/postgres", "-D", s.dir.data()}, s.settings()...)
	cmd := s.command("/bin/sh", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = read, log, log
	cmd.SysProcAttr.Setsid = true // Ctrl-C is for us: we may still need the database
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.watcher = done
	go func() {
		defer close(done)
		_ = cmd.Wait() // its log has the error
	}()
	err = poll(ctx, func() (bool, error) {
		select {
		case <-done:
			return false, errors.New("it ended")
		default:
			return s.isReady(), nil
		}
	})
	if err != nil {
		return fmt.Errorf("it did not start: %w; its log:\n%s", err, s.logTail())
	}
	return nil
}

// isReady reports whether the server takes connections, as pg_ctl does: the last line
// of postmaster.pid is its status.
func (s *Server) isReady() bool {
	text, err := os.ReadFile(s.dir.pid())
	lines := strings.Fields(string(text))
	return err == nil && len(lines) > 0 && lines[len(lines)-1] == "ready"
}

// settings returns the server's options.
func (s *Server) settings() (args []string) {
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": s.dir.socket(),
		// The server trusts every client, so only its account and root may reach
		// the socket.
		"unix_socket_permissions": "0700",
		"port":                    "5432", // a part of the socket's name
		"shared_buffers":          "128MB",
		"max_connections":         "50",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
	}
	if !s.options.Durable {
		maps.Copy(settings, map[string]string{"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"})
	}
	maps.Copy(settings, s.options.Settings)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// command prepares a program of the server: it runs as the server's account, without
// the PG… variables that are meant for another server.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = string(s.dir)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	return cmd
}

// openPipe opens both ends of the pipe that holds a server up.
func openPipe(path string) (read, write *os.File, err error) {
	if err := syscall.Mkfifo(path, 0o600); err != nil && !errors.Is(err, os.ErrExist) {
		return nil, nil, fmt.Errorf("making the pipe %s: %w", path, err)
	}
	// In this order and without blocking, neither end waits for the other.
	if read, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0); err != nil {
		return nil, nil, err
	}
	// The watcher's reads must block.
	if write, err = openUser(path); err == nil {
		err = syscall.SetNonblock(int(read.Fd()), false)
	}
	if err != nil {
		return nil, nil, errors.Join(err, read.Close())
	}
	return read, write, nil
}

// openUser opens the pipe for writing, which fails unless a watcher reads it.
func openUser(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
}

// logTail returns the end of the server's log, for an error.
func (s *Server) logTail() string {
	const lines = 15
	text, err := os.ReadFile(s.dir.log())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
