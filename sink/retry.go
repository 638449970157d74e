package sink

import (
	"context"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

const (
	// openPatience is how long a command waits for its first session. A run
	// waits for as long as it may go without progress.
	openPatience = 30 * time.Second

	// The pauses of such a wait.
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second

	// closeTimeout bounds the statements after a run has ended, also where it ended
	// because its context did.
	closeTimeout = 5 * time.Second

	// retryEvery is how often such a statement is retried: a Postgres that restarts
	// is back within seconds.
	retryEvery = 200 * time.Millisecond
)

// A backoff says how attempts are repeated: the pause doubles from first to
// longest, and the last attempt begins within patience.
type backoff struct{ first, longest, patience time.Duration }

// retry repeats attempt while again reports true for its error, which it returns
// in the end.
func (b backoff) retry(ctx context.Context, attempt func() error, again func(error) bool) error {
	deadline := time.Now().Add(b.patience)
	for pause := b.first; ; pause = min(2*pause, b.longest) {
		err := attempt()
		if !again(err) || time.Now().Add(pause).After(deadline) {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// retryWhileFull repeats open for up to patience while the server has no session to
// spare. It calls warn, if set, when the wait begins.
func retryWhileFull(ctx context.Context, patience time.Duration, warn func(error), open func() error) error {
	return backoff{firstPause, longestPause, patience}.retry(ctx, open, func(err error) bool {
		full := pq.As(err, pqerror.TooManyConnections) != nil
		if full && warn != nil {
			warn(wrap(ctx, err))
			warn = nil
		}
		return full
	})
}

// retryUntil repeats ask within closeTimeout while its failure is transient. The end
// of ctx does not stop it.
func retryUntil(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	return backoff{retryEvery, retryEvery, closeTimeout}.retry(ctx,
		func() error { return wrap(ctx, ask(ctx)) }, IsTransient)
}
