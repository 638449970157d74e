package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// replaceFile has write fill a file beside the one of that name, which it then
// replaces. Unless all goes well nothing is left of it, and the file of that
// name is as it was. A pipe or a device is written to itself: it must not
// become a file.
func replaceFile(name string, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // the link stays
	}
	switch now, err := os.Stat(name); {
	case err == nil && now.IsDir():
		return badUsage("--to %s: is a directory; give the name of a file", name)
	case err == nil && !now.Mode().IsRegular():
		return writeTo(name, os.O_WRONLY, write)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return toError(name, err)
	}
	dir, base := filepath.Split(name)
	temporary := filepath.Join(dir, "."+base+"."+strings.ToLower(rand.Text()[:8])+".tmp")
	defer os.Remove(temporary) // which is gone where all went well
	if err := writeTo(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, write); err != nil {
		return err
	}
	return toError(name, os.Rename(temporary, name))
}

// writeTo has write fill a file, whose mode is as umask says, and sees to it
// that what is written outlives a power failure.
func writeTo(name string, flags int, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, flags, 0o666)
	if err != nil {
		return toError(name, err)
	}
	out := bufio.NewWriterSize(&pipe{f}, exportBuffer)
	err = write(out)
	if err == nil {
		err = toError(name, out.Flush())
	}
	if now, statErr := f.Stat(); err == nil && statErr == nil && now.Mode().IsRegular() {
		err = toError(name, f.Sync())
	}
	return errors.Join(err, toError(name, f.Close()))
}

// toError says that a file could not be written.
func toError(name string, err error) error {
	if err == nil || errors.Is(err, errPipeClosed) {
		return err
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return fmt.Errorf("--to: %s cannot be written (%w): give a file in a folder that you may write to and that has room", name, err)
}
