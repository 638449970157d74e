package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxLinks is how many symbolic links are followed, as on Linux.
const maxLinks = 40

// replaceFile has write fill a file beside the one of that name, which it then
// replaces. Unless all goes well nothing is left of it, and the file of that
// name is as it was. A pipe or a device is written to itself: it must not
// become a file.
func replaceFile(name string, write func(io.Writer) error) error {
	now, err := os.Stat(name)
	switch {
	case err == nil && now.IsDir():
		return badUsage("--to %s: is a directory; give the name of a file", name)
	case err == nil && !now.Mode().IsRegular():
		f, err := os.OpenFile(name, os.O_WRONLY, 0) // by this name: a link of /proc leads nowhere
		if err != nil {
			return toError(name, err)
		}
		return writeTo(f, name, write)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return toError(name, err)
	}
	target := followed(name) // the link stays
	dir := filepath.Dir(target)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--to: %s cannot be written: the directory %s is not there; make it first", name, dir)
	}
	sweepTemporary(dir)
	f, held, err := createTemporary(dir, now)
	if err != nil {
		return toError(name, err)
	}
	temporary := f.Name()
	defer os.Remove(temporary) // which is gone where all went well
	defer held.Close()
	if err := writeTo(f, name, write); err != nil {
		return err
	}
	return toError(name, os.Rename(temporary, target))
}

// followed is where a name leads to through symbolic links, also where nothing
// is there yet.
func followed(name string) string {
	for range maxLinks {
		link, err := os.Readlink(name)
		if err != nil {
			break // it is none
		}
		if !filepath.IsAbs(link) {
			dir, err := filepath.EvalSymlinks(filepath.Dir(name))
			if err != nil {
				break
			}
			link = filepath.Join(dir, link)
		}
		name = link
	}
	return name
}

// createLike makes a file with the mode, the owner and the group of the one that
// it will replace, or as umask says where there is none.
func createLike(name string, old fs.FileInfo) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if old == nil {
		return os.OpenFile(name, flags, 0o666)
	}
	mode := old.Mode().Perm()
	f, err := os.OpenFile(name, flags, mode&0o600) // for others only once it is theirs
	if err != nil {
		return nil, err
	}
	if owner, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(owner.Uid), -1) // as root alone may
		if f.Chown(-1, int(owner.Gid)) != nil {
			mode &^= 0o070 &^ (mode & 0o007 << 3) // this group is another: it may what anyone may
		}
	}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// writeTo has write fill a file, which name stands for, closes it, and sees to
// it that what is written outlives a power failure.
func writeTo(f *os.File, name string, write func(io.Writer) error) error {
	out := bufio.NewWriterSize(&pipe{&namedFile{f, name}}, exportBuffer)
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	if now, statErr := f.Stat(); err == nil && statErr == nil && now.Mode().IsRegular() {
		err = toError(name, f.Sync())
	}
	return errors.Join(err, toError(name, f.Close()))
}

// A namedFile fails by the name that it was asked for.
type namedFile struct {
	*os.File
	name string
}

func (f *namedFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, toError(f.name, err)
}

// toError says that a file could not be written.
func toError(name string, err error) error {
	if err == nil {
		return nil
	}
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		err = path.Err
	case errors.As(err, &link):
		err = link.Err
	}
	return fmt.Errorf("--to: %s cannot be written (%w): give a file in a folder that you may write to and that has room", name, err)
}
