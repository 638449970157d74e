package env

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/sethvargo/go-envconfig"
)

const (
	// fileSuffix makes of a variable's name that of one which names a file with
	// the value, as Docker and Kubernetes hand out secrets.
	fileSuffix = "_FILE"

	// maxFile is the longest such file, in bytes. Hundreds of sessions fit; what
	// is longer is a mistake, not a secret.
	maxFile = 1 << 20

	// fileTimeout is how long such a file may take to be read. A file takes
	// microseconds; a pipe waits for the program that writes the secret.
	fileTimeout = 10 * time.Second

	// pipePoll is how often a pipe without a writer is read again.
	pipePoll = 10 * time.Millisecond
)

// lookup finds the value of a variable, and in which one it stood: the variable
// itself, the one of its file, or "".
func lookup(ctx context.Context, env envconfig.Lookuper, name string) (value, from, problem string) {
	value, set := env.Lookup(name)
	path, inFile := env.Lookup(name + fileSuffix)
	switch {
	case set && inFile:
		return "", "", fmt.Sprintf("%s, %s: set one of them, not both", name, name+fileSuffix)
	case set:
		return value, name, ""
	case !inFile:
		return "", "", ""
	}
	name += fileSuffix
	if strings.TrimSpace(path) == "" {
		return "", "", name + ": is empty; it must name a file"
	}
	value, err := readValue(ctx, path)
	if err != nil {
		return "", "", fmt.Sprintf("%s: the file cannot be read: %v", name, withoutPath(err))
	}
	return value, name, ""
}

var (
	errSlowFile = fmt.Errorf("nothing came within %v (a pipe without a writer, or a file system that stalls)", fileTimeout)
	errLongFile = errors.New("it is longer than 1 MiB")
)

var (
	// readers holds a token per path: one goroutine at a time reads a file, so
	// that no more than one waits for a file system that stalls.
	readers sync.Map // path → chan struct{}

	// inherited holds what came from descriptors that are pipes: they can be read
	// only once.
	inherited sync.Map // path → string
)

// readValue reads a file less one trailing line break, which editors add. It
// returns when ctx ends, also where the file system does not answer.
func readValue(ctx context.Context, path string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, fileTimeout, errSlowFile)
	defer cancel()
	token, _ := readers.LoadOrStore(path, make(chan struct{}, 1))
	turn := token.(chan struct{})
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	type outcome struct {
		text string
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-turn }()
		text, err := readFile(ctx, path)
		done <- outcome{text, err}
	}()
	select {
	case o := <-done:
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return strings.TrimSuffix(strings.TrimSuffix(o.text, "\n"), "\r"), o.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// readFile reads a file. A pipe is read from its first byte to the end of its
// writer, or until ctx ends; opening it does not wait.
func readFile(ctx context.Context, path string) (string, error) {
	if text, kept := inherited.Load(path); kept {
		return text.(string), nil
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0)
	if err != nil {
		return "", err
	}
	defer f.Close()                                          // nothing was written that could be lost
	defer context.AfterFunc(ctx, func() { _ = f.Close() })() // ends a read that waits for the writer
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	pipe := info.Mode()&fs.ModeNamedPipe != 0
	tick := time.NewTicker(pipePoll)
	defer tick.Stop()
	for {
		text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
		switch {
		case len(text) > maxFile:
			return "", errLongFile
		case pipe && len(text) == 0 && (err == nil || errors.Is(err, syscall.EAGAIN)): // no writer yet
		case err != nil:
			return "", err
		default:
			if pipe && isDescriptor(path) {
				inherited.Store(path, string(text))
			}
			return string(text), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// isDescriptor reports whether a path stands for a file that this process was
// started with, as in DATABASE_URL_FILE=<(pass show directory).
func isDescriptor(path string) bool {
	return strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/") || path == "/dev/stdin"
}

// withoutPath takes from an error what stood in the variable: it may be the
// secret itself, put where its file should be named.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
