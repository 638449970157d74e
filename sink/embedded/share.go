package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// A data folder has one server, which several processes may use at once: a
// `serve` and somebody's `accounts`. Each user holds a shared lock on the file
// "lock" and the pipe "users" open; an exclusive lock means that nobody else
// starts, joins or leaves. The kernel drops both with a process that dies.

// open brings the server of s.dir up, or joins the one that is.
func (s *Server) open(ctx context.Context) error {
	if s.temporary { // nobody else uses it
		lock, err := s.dir.claim()
		if err != nil {
			return err
		}
		s.lock = lock
		return s.start(ctx)
	}
	lock, err := openOwn(s.dir.lock(), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return err
	}
	s.lock = lock
	err = poll(ctx, func() (bool, error) { return s.startOrJoin(ctx) })
	if err != nil && err == ctx.Err() { // it is poll's own: there was nothing but waiting
		return fmt.Errorf("another rollcall uses %s, and its server does not answer: %w; its log: %s", s.dir, err, s.dir.log())
	}
	return err
}

// startOrJoin is one attempt; false means to try again.
func (s *Server) startOrJoin(ctx context.Context) (bool, error) {
	if tryLock(s.lock, syscall.LOCK_EX) {
		if !inUse(s.dir.users()) {
			if err := s.start(ctx); err != nil {
				return false, err
			}
			return true, shareLock(s.lock)
		}
		// A server that nobody uses is on its way down, if it has noticed or not:
		// who joined it now could lose it again.
	} else if tryLock(s.lock, syscall.LOCK_SH) {
		pipe, err := os.OpenFile(s.dir.users(), os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
		if err == nil && s.execute(ctx, Database, "") == nil {
			s.pipe = pipe
			return true, nil
		}
		if err == nil {
			pipe.Close()
		}
	}
	return false, syscall.Flock(int(s.lock.Fd()), syscall.LOCK_UN)
}

// start brings up a server on a folder that is ours.
func (s *Server) start(ctx context.Context) error {
	bin, err := findBinaries(s.dir.data(), installed(os.Getenv("PATH"), places), func() (string, error) {
		return download(ctx, s.options.Logf)
	})
	if err != nil {
		return err
	}
	s.bin = bin
	if err := s.prepare(ctx); err != nil {
		return err
	}
	return s.launch(ctx)
}

// inUse says whether a server reads this pipe.
func inUse(pipe string) bool {
	f, err := os.OpenFile(pipe, os.O_WRONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return !errors.Is(err, syscall.ENXIO) && !errors.Is(err, os.ErrNotExist)
	}
	f.Close()
	return true
}

// lastUser makes the lock exclusive, which fails while there are other users.
func lastUser(lock *os.File) bool { return tryLock(lock, syscall.LOCK_EX) }

func tryLock(f *os.File, how int) bool {
	return syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB) == nil
}

// shareLock turns an exclusive lock into a shared one.
func shareLock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_SH) }
