package embedded

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// maxSocketPath is the longest path of a Unix socket, in bytes: 107 on Linux, 103 on
// macOS, which decides.
const maxSocketPath = 103

// serverAccount returns the account to run the server as: nil for our own, but
// Postgres refuses to run as root.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("embedded Postgres: it refuses to run as root, and this machine has neither a user postgres nor nobody; run as another user")
}

// DefaultDataDir returns the user's folder for a server's data; lookup reads the
// environment.
func DefaultDataDir(lookup func(name string) (string, bool)) (string, error) {
	if dir, _ := lookup("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "rollcall"), nil
	}
	if os.Geteuid() == 0 { // the server's account cannot enter root's home
		return "/var/lib/rollcall", nil
	}
	home, _ := lookup("HOME")
	if !filepath.IsAbs(home) {
		return "", errors.New("embedded Postgres: there is no home folder for its data; set ROLLCALL_DATA_DIR")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "rollcall"), nil
	}
	return filepath.Join(home, ".local", "share", "rollcall"), nil
}

// makeFolder makes the folder of a server.
func makeFolder(path string, account *syscall.Credential) (folder, error) {
	dir, err := path, error(nil)
	if path == "" {
		dir, err = temporaryFolder(account)
	} else if dir, err = filepath.Abs(path); err == nil {
		err = os.MkdirAll(dir, 0o711) // the server's account passes through
	}
	if err != nil {
		return "", fmt.Errorf("embedded Postgres: %w", err)
	}
	f := folder(dir)
	if err := f.check(account); err != nil {
		return "", fmt.Errorf("embedded Postgres: %w", err)
	}
	if longest := filepath.Join(f.socket(), ".s.PGSQL.5432"); len(longest) > maxSocketPath {
		return "", fmt.Errorf("embedded Postgres: the path of its socket, %s, is longer than %d bytes; choose a shorter folder", longest, maxSocketPath)
	}
	return f, nil
}

// temporaryParents are tried in order. Every account may enter /tmp; $TMPDIR, which
// is "", may be closed, and on macOS its path is long.
var temporaryParents = []string{"/tmp", ""}

// temporaryFolder makes a folder that the server's account owns, so that the
// server's supervisor can remove it when we no longer can.
func temporaryFolder(account *syscall.Credential) (string, error) {
	var dir string
	var err error
	for _, parent := range temporaryParents {
		sweep(cmp.Or(parent, os.TempDir()), account)
		if dir, err = os.MkdirTemp(parent, temporaryPrefix); err == nil {
			return dir, give(dir, account)
		}
	}
	return "", err
}

// prepare makes the socket's folder and the data folder where they are missing.
func (s *Server) prepare(ctx context.Context) error {
	if err := os.Mkdir(s.dir.socket(), 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := give(s.dir.socket(), s.account); err != nil {
		return err
	}
	if out, err := s.command("/bin/sh", "-c", `cd "$1"`, "cd", s.dir.socket()).CombinedOutput(); err != nil {
		return fmt.Errorf("it refuses to run as root, and the user it runs as instead cannot enter %s (%s): set ROLLCALL_DATA_DIR to a folder that every user may enter, such as /var/lib/rollcall",
			s.dir, firstOf(string(out), err))
	}
	if _, err := os.Stat(s.dir.data()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return s.initialise(ctx)
}

// fresh ends the names of what is renamed once it is complete.
const fresh = ".new"

// initialise creates the database in a folder next to the data folder and renames it
// once it is complete.
func (s *Server) initialise(ctx context.Context) error {
	fresh := s.dir.data() + fresh
	var out []byte
	var err error
	// Text sorts by its bytes, the same on every system. Lower case beyond ASCII needs
	// a locale, whose name for UTF-8 differs; "C" always exists.
	for _, ctype := range []string{"C.UTF-8", "UTF-8", "C"} {
		if err := errors.Join(ctx.Err(), os.RemoveAll(fresh)); err != nil {
			return err
		}
		if err := os.Mkdir(fresh, 0o700); err != nil {
			return err
		}
		if err := give(fresh, s.account); err != nil {
			return err
		}
		args := []string{"-D", fresh, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C", "--lc-ctype=" + ctype}
		single := []string{"--single", "-D", fresh}
		if !s.options.Durable {
			args, single = append(args, "--no-sync"), append(single, "-c", "fsync=off")
		}
		if out, err = s.output("", "initdb", args...); err == nil {
			out, err = s.output("CREATE DATABASE "+Database+"\n", "postgres", append(single, "postgres")...)
		}
		if err == nil {
			return os.Rename(fresh, s.dir.data())
		}
	}
	return fmt.Errorf("making the database in %s: %s", s.dir.data(), firstOf(string(out), err))
}

// output runs a program of the server on a new folder. The program keeps our lock,
// since it may outlive us.
func (s *Server) output(stdin, program string, args ...string) ([]byte, error) {
	cmd := s.command(filepath.Join(s.bin, program), args...)
	cmd.Stdin, cmd.ExtraFiles = strings.NewReader(stdin), []*os.File{s.lock}
	return cmd.CombinedOutput()
}

// firstOf returns what a command printed, else its error.
func firstOf(printed string, err error) string {
	if printed = strings.TrimSpace(printed); printed != "" {
		return printed
	}
	return err.Error()
}
