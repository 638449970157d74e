package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A data folder has one server, which several processes may use at once, such as
// serve and accounts. Each user holds a shared lock on the file "lock" and keeps the
// pipe "users" open; an exclusive lock means that no other process starts, joins or
// leaves. The kernel releases both with a process that dies.

// pollInterval is how often a condition of another process is checked.
const pollInterval = 10 * time.Millisecond

// open starts the server of s.dir, or joins the running one.
func (s *Server) open(ctx context.Context) (err error) {
	s.bin, err = findBinaries(s.dir.data(), installed(os.Getenv("PATH"), places), func() (string, error) {
		return download(ctx, s.options.Logf)
	})
	if err != nil {
		return err
	}
	if s.temporary { // it has no other users
		if s.lock, err = s.dir.claim(); err != nil {
			return err
		}
		return s.start(ctx)
	}
	if s.lock, err = openOwn(s.dir.lock(), os.O_RDWR|os.O_CREATE); err != nil {
		return err
	}
	err = poll(ctx, func() (bool, error) { return s.startOrJoin(ctx) })
	if err != nil && err == ctx.Err() { // poll's own: it waited in vain
		return fmt.Errorf("another rollcall uses %s, and its server does not answer: %w; its log: %s", s.dir, err, s.dir.log())
	}
	return err
}

// poll calls ready until it returns true or an error, or ctx ends.
func poll(ctx context.Context, ready func() (bool, error)) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if ok, err := ready(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// startOrJoin is one attempt; false means to try again.
func (s *Server) startOrJoin(ctx context.Context) (bool, error) {
	if tryLock(s.lock, syscall.LOCK_EX) {
		if !inUse(s.dir.users()) {
			if err := s.start(ctx); err != nil {
				return false, err
			}
			return true, syscall.Flock(int(s.lock.Fd()), syscall.LOCK_SH)
		}
		// Its last user left: the server is stopping, so do not join it.
	} else if tryLock(s.lock, syscall.LOCK_SH) {
		pipe, err := openUser(s.dir.users())
		if err == nil && s.answers() {
			s.pipe = pipe
			return true, nil
		}
		if err == nil {
			pipe.Close()
		}
	}
	return false, syscall.Flock(int(s.lock.Fd()), syscall.LOCK_UN)
}

// start starts a server on a folder that no other process uses.
func (s *Server) start(ctx context.Context) error {
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.launch(ctx)
}

// answers reports whether the server takes connections.
func (s *Server) answers() bool {
	conn, err := net.Dial("unix", filepath.Join(s.dir.socket(), ".s.PGSQL.5432"))
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// inUse reports whether a watcher reads the pipe, so a server runs.
func inUse(path string) bool {
	f, err := openUser(path)
	if err != nil {
		return !errors.Is(err, syscall.ENXIO) && !errors.Is(err, os.ErrNotExist)
	}
	f.Close()
	return true
}

func tryLock(f *os.File, how int) bool {
	return syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB) == nil
}
