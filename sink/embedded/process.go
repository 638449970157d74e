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
	"time"
)

// A Mode is a way for a server to go down.
type Mode string

const (
	// Fast breaks off what runs and closes the data folder tidily.
	Fast Mode = "fast"
	// Immediate drops everything, as in a crash: the next start recovers.
	Immediate Mode = "immediate"
)

// signals are what Postgres understands as each mode.
var signals = map[Mode]string{Fast: "INT", Immediate: "QUIT"}

// stopTimeout is how long a fast shutdown may take before it becomes an
// immediate one; its last checkpoint is what takes time.
const stopTimeout = 20 * time.Second

//go:embed supervise.sh
var supervise string

// Shutdown takes the server down and waits for its end; Up brings it back. It
// is for tests of what a failing database does to others.
func (s *Server) Shutdown(mode Mode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shutdown(mode)
}

// Up starts the server after a Shutdown, on the same folder and socket.
func (s *Server) Up(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running() {
		return nil
	}
	return s.launch(ctx)
}

// Keep lets the server outlive its users, a temporary one with its folder, and
// returns the process that ends it, and removes that folder, on SIGTERM. Stop
// does nothing any more.
func (s *Server) Keep() (pid int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done == nil || !s.running() {
		return 0, errors.New("only a running server that this process started can be kept")
	}
	if _, err := fmt.Fprintln(s.pipe, "KEEP"); err != nil {
		return 0, err
	}
	s.release()
	s.temporary = false
	return s.supervisor, nil
}

func (s *Server) running() bool {
	if s.done == nil {
		return s.pipe != nil
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

func (s *Server) shutdown(mode Mode) error {
	if s.pipe == nil || !s.running() {
		return nil
	}
	signal, ok := signals[mode]
	if !ok {
		return fmt.Errorf("no such way to shut down: %q", mode)
	}
	for _, signal := range []string{signal, signals[Immediate]} {
		if _, err := fmt.Fprintln(s.pipe, signal); err != nil && !errors.Is(err, syscall.EPIPE) {
			return fmt.Errorf("stopping Postgres: %w", err)
		}
		if s.ended(stopTimeout) {
			return nil
		}
	}
	return fmt.Errorf("the Postgres in %s does not end; its log: %s", s.dir, s.dir.log())
}

// launch starts the server and waits until it takes connections.
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

	cmd := s.command("/bin/sh", append([]string{"-c", supervise, "supervise"}, s.arguments()...)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = read, log, log
	cmd.SysProcAttr.Setsid = true // Ctrl-C is for us: we may still want to write to the database
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	s.done = done
	s.supervisor = cmd.Process.Pid
	go func() {
		defer close(done)
		cmd.Wait() // how it ended stands in its log
	}()
	return s.ready(ctx)
}

// arguments are those of supervise.sh.
func (s *Server) arguments() []string {
	signal, remove := signals[Fast], ""
	if s.temporary {
		signal, remove = signals[Immediate], string(s.dir)
	}
	settings := map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": s.dir.socket(),
		// Whoever reaches the socket is let in as anybody ("trust"), so only the
		// account that the server runs as, and root, may reach it.
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
	args := []string{signal, remove, s.dir.users(), s.bin + "/postgres", "-D", s.dir.data()}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		args = append(args, "-c", name+"="+settings[name])
	}
	return args
}

// command prepares a program of the server's: run as its account, and out of
// reach of PG… variables that are meant for another server.
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
	// Opened this way round and without blocking, neither end waits for the other.
	if read, err = os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0); err != nil {
		return nil, nil, err
	}
	if write, err = os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0); err != nil {
		read.Close()
		return nil, nil, err
	}
	// The shell that is given this end must wait in its reads.
	if err := syscall.SetNonblock(int(read.Fd()), false); err != nil {
		read.Close()
		write.Close()
		return nil, nil, err
	}
	return read, write, nil
}

// logTail is the end of the server's log, for an error.
func (s *Server) logTail() string {
	const lines = 15
	text, err := os.ReadFile(s.dir.log())
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
