package fetch

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// together makes n requests at once and waits for them.
func together(t *testing.T, c *Client, n int, read func(*http.Response) error) {
	t.Helper()
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			if err := c.Get(t.Context(), "x", nil, read); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &stage{script: script{"200||{}"}}
		c := provider.on(func(o *Options) { o.Concurrency = 3 })
		start := time.Now()
		together(t, c, 7, func(*http.Response) error { time.Sleep(time.Second); return nil })
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("7 requests of 1 s, 3 at once, took %s", took)
		}
	})
}

func TestRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &stage{script: script{"200||{}"}}
		c := provider.on(func(o *Options) { o.RateLimit = 2 })
		start := time.Now()
		together(t, c, 5, nil)
		for i, at := range provider.times {
			if want := time.Duration(i) * 500 * time.Millisecond; at.Sub(start).Round(time.Millisecond) != want {
				t.Errorf("request %d after %s, want %s", i, at.Sub(start), want)
			}
		}
	})
}

// One throttled request holds up all of the connection.
func TestThrottlePausesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var throttled atomic.Int64
		provider := &stage{script: script{"429|Retry-After: 7|", "200||{}"}}
		c := provider.on(func(o *Options) {
			o.Observe = func(a Attempt) { throttled.Add(int64(a.Throttled)) }
			o.Concurrency = 1
		})
		start := time.Now()
		together(t, c, 3, nil)
		for i, at := range provider.times {
			if after := at.Sub(start); i > 0 && after != 7*time.Second {
				t.Errorf("request %d after %s", i, after)
			}
		}
		if provider.sent() != 4 || throttled.Load() != int64(14*time.Second) {
			t.Errorf("%d requests, throttled for %s", provider.sent(), time.Duration(throttled.Load()))
		}
	})
}

// Another request's pause does not eat up the waiting time of this one.
func TestPauseOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &stage{script: script{"429|Retry-After: 60|", "200||{}"}}
		c := provider.on(nil)
		c.limits.pause(50 * time.Second)
		start := time.Now()
		if err := c.Get(t.Context(), "x", nil, nil); err != nil || time.Since(start) != 110*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}

func TestCancelWhileLimited(t *testing.T) {
	mine := errors.New("mine")
	for name, change := range map[string]func(*Options){
		"for a slot":         func(o *Options) { o.Concurrency = 1 },
		"for the rate limit": func(o *Options) { o.RateLimit = 0.001 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				provider := &stage{script: script{"200||{}"}}
				c := provider.on(change)
				ctx, cancel := context.WithCancelCause(t.Context())
				done := make(chan struct{})
				defer synctest.Wait()
				defer close(done)
				go c.Get(t.Context(), "x", nil, func(*http.Response) error { <-done; return nil })
				synctest.Wait()
				time.AfterFunc(time.Second, func() { cancel(mine) })
				start := time.Now()
				if err := c.Get(ctx, "x", nil, nil); err != mine || time.Since(start) != time.Second {
					t.Errorf("%v after %s", err, time.Since(start))
				}
				if held := len(c.limits.slots); provider.sent() != 1 || held > 1 {
					t.Errorf("%d requests sent, %d slots held", provider.sent(), held)
				}
			})
		})
	}
}

// A pause that begins while a request waits for the rate limit holds it up, too.
func TestPauseWhileLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&stage{script: script{"200||{}"}}).on(func(o *Options) { o.RateLimit = 1 })
		together(t, c, 1, nil)
		start := time.Now()
		time.AfterFunc(500*time.Millisecond, func() { c.limits.pause(10 * time.Second) })
		together(t, c, 1, nil)
		if took := time.Since(start); took != 10500*time.Millisecond {
			t.Errorf("took %s", took)
		}
	})
}

// Who gives up leaves his turn to the next.
func TestCancelledTurnIsFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&stage{script: script{"200||{}"}}).on(func(o *Options) { o.RateLimit = 1 })
		together(t, c, 1, nil)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if err := c.Get(ctx, "x", nil, nil); err == nil {
			t.Error("sent before its turn")
		}
		together(t, c, 1, nil)
		if took := time.Since(start).Round(time.Millisecond); took != time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// A deadline that leaves no time for the rate limit is waited for: only then it has passed.
func TestDeadlineBeforeRateLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&stage{script: script{"200||{}"}}).on(func(o *Options) { o.RateLimit = 0.1 })
		together(t, c, 1, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := c.Get(ctx, "x", nil, nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}
