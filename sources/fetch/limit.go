package fetch

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits is what the requests of a connection share: how many at once, how many a second, and whether to
// pause.
type limits struct {
	slots chan struct{}
	rate  *rate.Limiter

	mu    sync.Mutex
	until time.Time // no request is sent before
}

func newLimits(concurrency int, perSecond float64) *limits {
	limit := rate.Inf
	if perSecond > 0 {
		limit = rate.Limit(perSecond)
	}
	// A burst of one spaces requests evenly: no provider says how large a burst it takes.
	return &limits{slots: make(chan struct{}, concurrency), rate: rate.NewLimiter(limit, 1)}
}

// acquire waits until a request may be sent. Call release when its answer is read.
func (l *limits) acquire(ctx context.Context) (release func(), err error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case l.slots <- struct{}{}:
	}
	release = func() { <-l.slots }
	if err := l.turn(ctx); err != nil {
		release()
		return nil, err
	}
	return release, nil
}

// turn waits for the rate limit, and for a pause that may begin meanwhile.
func (l *limits) turn(ctx context.Context) error {
	for {
		if err := sleep(ctx, l.paused()); err != nil {
			return err
		}
		// Not Wait: that refuses at once what could not be in time for ctx, with an error of its own.
		token := l.rate.Reserve()
		if err := sleep(ctx, token.Delay()); err != nil {
			token.Cancel()
			return err
		}
		if l.paused() <= 0 {
			return nil
		}
	}
}

// pause holds up every request of the connection for d.
func (l *limits) pause(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until := time.Now().Add(d); until.After(l.until) {
		l.until = until
	}
}

// paused returns how long the pause still lasts.
func (l *limits) paused() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Until(l.until)
}
