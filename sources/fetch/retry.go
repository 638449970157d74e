package fetch

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// maxTries is how often a request is sent at most.
	maxTries = 5

	// maxWait is the longest time a request waits between its tries, all waits together.
	// A request that must wait longer waits this long, tries once more and then fails.
	maxWait = 60 * time.Second

	// firstBackoff bounds the wait after the first try; it doubles with each one. Four waits are
	// then 7.5 s on average, in which a bucket of 10 requests a second is well refilled.
	firstBackoff = time.Second

	// minBackoff is the shortest wait: full jitter could make it none.
	minBackoff = 100 * time.Millisecond
)

// waitAfter returns how long to wait before the next try, at most left, and 0 where ctx ends before: the last
// answer says more than that end. When throttled it also pauses the other requests of the connection, which
// would be throttled, too.
func (c *Client) waitAfter(ctx context.Context, out outcome, try int, left time.Duration) time.Duration {
	wait := out.after
	if wait == 0 {
		wait = c.jitter(firstBackoff << (try - 1))
	}
	wait = min(wait, left)
	if end, ends := ctx.Deadline(); ends && time.Until(end) <= wait {
		return 0
	}
	if out.status == http.StatusTooManyRequests {
		c.limits.pause(wait)
	}
	return wait
}

// fullJitter draws from the whole range, so that requests that failed together do not try again together.
func fullJitter(d time.Duration) time.Duration { return max(minBackoff, rand.N(d)) }

// retryAfter reads a Retry-After header: seconds, or a date, which counts from the answer's own Date, since clocks
// differ. It is 0 without one, or with nothing to wait for.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		// Written so that NaN is 0, and what is too large for a Duration stays out of it.
		if seconds > 0 {
			return time.Duration(min(seconds, maxWait.Seconds()) * float64(time.Second))
		}
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxWait)
}

// sleep waits, or returns the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
