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

// replaceFile calls write with a temporary file in the same folder, and renames that
// to name once it is complete. If anything fails, the temporary file is removed and the
// file called name is unchanged. A pipe or a device is written in place.
func replaceFile(name string, write func(io.Writer) error) error {
	now, err := os.Stat(name)
	switch {
	case err == nil && now.IsDir():
		return badUsage("--to %s: is a directory; give the name of a file", name)
	case err == nil && !now.Mode().IsRegular():
		f, err := os.OpenFile(name, os.O_WRONLY, 0) // not by its target: a link of /proc has none
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
		return fmt.Errorf("--to: %s cannot be written: there is no directory %s; create it first", name, dir)
	}
	sweepTemporary(dir)
	f, held, err := createTemporary(dir, now)
	if err != nil {
		return toError(name, err)
	}
	temporary := f.Name()
	defer os.Remove(temporary) // it fails after the rename
	defer held.Close()
	if err := writeTo(f, name, write); err != nil {
		return err
	}
	return toError(name, os.Rename(temporary, target))
}

// followed returns the target of a name after all symbolic links; the target need not
// exist.
func followed(name string) string {
	for range maxLinks {
		link, err := os.Readlink(name)
		if err != nil {
			break // not a link
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

// createLike creates a file with the mode, the owner and the group of the one that it
// will replace; without one, umask decides.
func createLike(name string, old fs.FileInfo) (*os.File, error) {
	const flags = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if old == nil {
		return os.OpenFile(name, flags, 0o666)
	}
	mode := old.Mode().Perm()
	f, err := os.OpenFile(name, flags, mode&0o600) // other users get access once it is theirs
	if err != nil {
		return nil, err
	}
	if owner, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(owner.Uid), -1) // only root may
		if f.Chown(-1, int(owner.Gid)) != nil {
			mode &^= 0o070 &^ (mode & 0o007 << 3) // another group gets the rights of all others
		}
	}
	if err := f.Chmod(mode); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// writeTo calls write with a file, syncs it to disk and closes it. Errors call it name.
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

// A namedFile uses the name that the user gave in its errors.
type namedFile struct {
	*os.File
	name string
}

func (f *namedFile) Write(b []byte) (int, error) {
	n, err := f.File.Write(b)
	return n, toError(f.name, err)
}

// toError wraps an error about writing a file.
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
	return fmt.Errorf("--to: %s cannot be written: %w; give a file in a folder that is writable and has space", name, err)
}
