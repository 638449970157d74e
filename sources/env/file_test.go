package env

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A pipe that nobody writes to holds up neither its reader nor a file that takes
// its place.
func TestAPipeThatBlocks(t *testing.T) {
	t.Parallel()
	path := fifo(t)
	mute, err := os.OpenFile(path, os.O_RDWR, 0) // a writer that says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	for _, path := range []string{fifo(t), path} {
		errStopped := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		ended := make(chan error, 1)
		go func() { _, err := readValue(ctx, path); ended <- err }()
		for token, begun := any(nil), false; !begun || len(token.(chan struct{})) == 0; runtime.Gosched() {
			token, begun = readers.Load(path)
		}
		cancel(errStopped)
		if err := <-ended; !errors.Is(err, errStopped) {
			t.Errorf("the error is %v", err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("s"), 0o600); err != nil {
			t.Fatal(err)
		}
		if text, err := readValue(t.Context(), path); text != "s" || err != nil {
			t.Errorf("the file in its place: %q, %v", text, err)
		}
	}
}

// A pipe is read from its first byte to its last, however late they come.
func TestAPipeIsReadWhole(t *testing.T) {
	t.Parallel()
	path := fifo(t)
	for _, want := range []string{"first", strings.Repeat("x", 100_000)} {
		read := make(chan string, 1)
		go func() {
			text, err := readValue(t.Context(), path)
			read <- fmt.Sprint(text, err)
		}()
		w, err := os.OpenFile(path, os.O_WRONLY, 0) // which waits for the reader
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{want[:1], want[1:]} {
			if _, err := w.WriteString(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := <-read; got != want+"<nil>" {
			t.Errorf("read %d bytes of %d", len(got), len(want))
		}
	}
}

// What a shell hands over as <(command) can be read only once, and is needed again.
func TestAnInheritedPipeIsReadOnce(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := w.WriteString("s\n"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for range 2 {
		if text, err := readValue(t.Context(), fmt.Sprintf("/dev/fd/%d", r.Fd())); text != "s" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
	}
}

func TestAFileWithoutEnd(t *testing.T) {
	t.Parallel()
	if _, err := readValue(t.Context(), "/dev/zero"); !errors.Is(err, errLongFile) {
		t.Errorf("the error is %v", err)
	}
}

// One goroutine waits for a file system that stalls, and the others for their turn.
func TestOneReaderPerFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	turn := make(chan struct{}, 1)
	turn <- struct{}{} // as a reader that stalls
	readers.Store(path, turn)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := readValue(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
