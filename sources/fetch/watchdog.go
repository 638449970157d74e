package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// A timeoutError says that the provider sent nothing for too long.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.after) }

// Timeout makes it one of net's timeouts.
func (e *timeoutError) Timeout() bool { return true }

// A watchdog ends a request while the provider is silent. It watches only the waiting for the
// provider: a long answer may be read for as long as it takes.
type watchdog struct {
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	timeout time.Duration
}

func newWatchdog(parent context.Context, timeout time.Duration) *watchdog {
	ctx, cancel := context.WithCancelCause(parent)
	w := &watchdog{ctx: ctx, cancel: cancel, timeout: timeout}
	w.timer = time.AfterFunc(timeout, func() { cancel(&timeoutError{timeout}) })
	w.timer.Stop()
	return w
}

func (w *watchdog) start(d time.Duration) { w.timer.Reset(d) }

func (w *watchdog) stop() { w.timer.Stop() }

func (w *watchdog) close() {
	w.timer.Stop()
	w.cancel(nil)
}

// explain returns the timeout if it ended the request, else err.
func (w *watchdog) explain(err error) error {
	if timeout := (*timeoutError)(nil); errors.As(context.Cause(w.ctx), &timeout) {
		return timeout
	}
	return err
}

// A watchedBody is a body each read of which is watched. It remembers how it ended.
type watchedBody struct {
	io.ReadCloser
	watch *watchdog
	err   error
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.watch.start(b.watch.timeout)
	n, err := b.ReadCloser.Read(p)
	b.watch.stop()
	if err != nil && err != io.EOF {
		err = b.watch.explain(err)
	}
	b.err = err
	return n, err
}
