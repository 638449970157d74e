package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Root writes to a folder that others may have prepared, so files of other users and
// links are refused.

// isTrusted reports whether a file belongs to us, root or the server's account.
func isTrusted(info fs.FileInfo, account *syscall.Credential) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || stat.Uid == 0 || account != nil && stat.Uid == account.Uid)
}

// check refuses a folder that belongs to another user or has a file of one.
func (f folder) check(account *syscall.Credential) error {
	info, err := os.Stat(string(f))
	if err != nil {
		return err
	}
	if !isTrusted(info, account) {
		return fmt.Errorf("%s belongs to another user; set ROLLCALL_DATA_DIR to a folder of your own", f)
	}
	for _, path := range []string{f.data(), f.data() + fresh, f.socket(), f.log(), f.lock(), f.users()} {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case !isTrusted(info, account):
			return fmt.Errorf("%s belongs to another user; remove it, or set ROLLCALL_DATA_DIR to a folder of your own", path)
		case info.Mode()&fs.ModeSymlink != 0 && path != f.data(): // which an operator may put elsewhere
			return errLink(path)
		}
	}
	return nil
}

func errLink(path string) error {
	return fmt.Errorf("%s is a symbolic link, which is not followed; remove it", path)
}

// openOwn opens a regular file without hard links.
func openOwn(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if errors.Is(err, syscall.ELOOP) {
		return nil, errLink(path)
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		if stat, ok := info.Sys().(*syscall.Stat_t); !info.Mode().IsRegular() || ok && stat.Nlink != 1 {
			err = fmt.Errorf("%s has another name, or is no regular file; remove it", path)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// give changes the owner of a folder to the server's account.
func give(dir string, account *syscall.Credential) error {
	if account == nil {
		return nil
	}
	f, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.ENOTDIR) {
		return errLink(dir)
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chown(int(account.Uid), int(account.Gid)), f.Close())
}

// temporaryPrefix begins the names of temporary folders.
const temporaryPrefix = "rollcall-"

// claim makes the lock of a temporary folder. The lock marks the folder as used while
// this process or initdb lives; it is locked before it has its name.
func (f folder) claim() (*os.File, error) {
	path := f.lock() + fresh
	lock, err := openOwn(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err := os.Rename(path, f.lock()); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, nil
}

// sweep removes the temporary folders that killed processes left in parent.
func sweep(parent string, account *syscall.Credential) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // nothing to remove
	}
	for _, e := range entries {
		if e.IsDir() && strings.HasPrefix(e.Name(), temporaryPrefix) {
			folder(filepath.Join(parent, e.Name())).removeUnused(account)
		}
	}
}

// removeUnused removes a temporary folder of ours that no process uses: its lock is
// free, and no server runs in it.
func (f folder) removeUnused(account *syscall.Credential) {
	info, err := os.Lstat(string(f))
	if err != nil || !info.IsDir() || !isTrusted(info, account) {
		return
	}
	lock, err := openOwn(f.lock(), os.O_RDWR)
	if err != nil {
		return // not ours
	}
	defer lock.Close() // nothing was written
	info, err = lock.Stat()
	if err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != os.Geteuid() {
		return
	}
	if tryLock(lock, syscall.LOCK_EX) && !inUse(f.users()) {
		_ = os.RemoveAll(string(f)) // the next start tries again
	}
}
