package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A killed export leaves its temporary file, which the next export to the same folder
// removes. An export locks its file while it writes.

// temporaryPattern matches the names of createTemporary.
var temporaryPattern = regexp.MustCompile(`^\.rollcall-export-[a-z2-7]{16}\.tmp$`)

// createTemporary creates a temporary file with the mode and the owner of the one that
// it will replace. It stays locked until held is closed.
func createTemporary(dir string, old fs.FileInfo) (f, held *os.File, err error) {
	for {
		f, err = createLike(filepath.Join(dir, ".rollcall-export-"+strings.ToLower(rand.Text()[:16])+".tmp"), old)
		if err != nil {
			return nil, nil, err
		}
		var fd int
		if fd, err = unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0); err != nil {
			break
		}
		held = os.NewFile(uintptr(fd), f.Name())
		err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			return f, held, nil // this file system has no locks: nothing is swept
		}
		if err == nil && isNamed(f) {
			return f, held, nil
		}
		// Another export swept it before it was locked.
		_ = errors.Join(held.Close(), f.Close())
	}
	return nil, nil, errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// isNamed reports whether an open file still has its name.
func isNamed(f *os.File) bool {
	open, err := f.Stat()
	named, err2 := os.Lstat(f.Name())
	return err == nil && err2 == nil && os.SameFile(open, named)
}

// sweepTemporary removes the files that killed exports left in a folder.
func sweepTemporary(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // a folder that is writable and not readable
	}
	for _, e := range entries {
		if e.Type().IsRegular() && temporaryPattern.MatchString(e.Name()) {
			removeUnused(filepath.Join(dir, e.Name()))
		}
	}
}

// removeUnused removes a temporary file of ours that no process writes.
func removeUnused(path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close() // nothing was written
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != os.Geteuid() && os.Geteuid() != 0 {
		return // root gives its files to the owner of what they replace
	}
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		_ = os.Remove(path) // the next export tries again
	}
}
