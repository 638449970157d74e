package sink

import (
	"context"
	"errors"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

const (
	// openPatience is how long a command waits for its first session. A run
	// waits for as long as it may go without progress.
	openPatience = 30 * time.Second

	// Pauses between two attempts, each twice the one before.
	shortestPause = 100 * time.Millisecond
	longestPause  = 2 * time.Second
)

// An openError is a session that could not be opened.
type openError struct{ error }

func (e *openError) Unwrap() error { return e.error }

// turnedAway reports whether the server answered and refused a new session. The
// sessions that are open are none the worse for it.
func turnedAway(err error) bool {
	var refusal *pq.Error
	return errors.As(err, new(*openError)) && errors.As(err, &refusal) && refusal.Code.Class() != "57" // shutting down
}

// full reports whether the server, the role or the database has no session to
// spare.
func full(err error) bool {
	var refusal *pq.Error
	return errors.As(err, &refusal) && refusal.Code == pqerror.TooManyConnections
}

// patiently repeats open while the server is full, for at most patience. It calls
// warn, if set, when the wait begins.
func patiently(ctx context.Context, patience time.Duration, warn func(error), open func() error) error {
	deadline := time.Now().Add(patience)
	for pause := shortestPause; ; pause = min(2*pause, longestPause) {
		err := open()
		if !full(err) || time.Now().Add(pause).After(deadline) {
			return err
		}
		if warn != nil {
			warn(wrap(ctx, err))
			warn = nil
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return context.Cause(ctx)
		}
	}
}
