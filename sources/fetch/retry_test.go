package fetch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetry(t *testing.T) {
	const good = `200||{"items":[]}`
	for _, test := range []struct {
		name   string
		script script
		waits  time.Duration
		tries  int
		status int    // of the error
		text   string // in the error; "" means none
	}{
		{"needs no second try", script{good}, 0, 1, 0, ""},
		{"backs off", script{"503||", "500||", "502||", "504||", good}, 15 * time.Second, 5, 0, ""},
		{"gives up after five tries", script{"503||"}, 15 * time.Second, 5, 503, "after 5 tries"},
		{"obeys Retry-After", script{"429|Retry-After: 7|", good}, 7 * time.Second, 2, 0, ""},
		{"obeys Retry-After of a failure", script{"503|Retry-After: 9|", good}, 9 * time.Second, 2, 0, ""},
		{"obeys a date", script{"429|Retry-After: Sat, 01 Jan 2000 00:00:11 GMT|", good}, 11 * time.Second, 2, 0, ""},
		{"a date gone by is no wait", script{"429|Retry-After: Fri, 31 Dec 1999 00:00:11 GMT|", good}, time.Second, 2, 0, ""},
		{"throttled without Retry-After", script{"429||", "429||", good}, 3 * time.Second, 3, 0, ""},
		{"waits a minute at most, then tries", script{"429|Retry-After: 3600|", good}, time.Minute, 2, 0, ""},
		{"waits a minute altogether", script{"429|Retry-After: 40|"}, time.Minute, 3, 429, "lower RATE_LIMIT"},
		{"does not retry a refusal", script{"401||no"}, 0, 1, 401, "check it"},
		{"does not retry a bad request", script{"400|Retry-After: 5|no"}, 0, 1, 400, "400 Bad Request"},
		{"nor what is missing", script{"404||"}, 0, 1, 404, "404 Not Found"},
		{"nor what is forbidden", script{"403||"}, 0, 1, 403, "may not read"},
		{"nor what did not change", script{"304||"}, 0, 1, 304, "304 Not Modified"},
		{"retries a refused connection", script{"refused", good}, time.Second, 2, 0, ""},
		{"names a refused connection", script{"refused"}, 15 * time.Second, 5, 0, "connection refused, after 5 tries: check the network"},
		{"retries a silent provider", script{"silent", good}, 31 * time.Second, 2, 0, ""},
		{"names a silent provider", script{"silent"}, 165 * time.Second, 5, 0, "no answer within 30s, after 5 tries"},
		{"retries a cut body", script{"cut", good}, time.Second, 2, 0, ""},
		{"names a cut body", script{"cut"}, 15 * time.Second, 5, 200, "the body ends early, after 14 bytes, after 5 tries"},
		{"retries a stalled body", script{"stall", good}, 31 * time.Second, 2, 0, ""},
		{"names a stalled body", script{"stall"}, 165 * time.Second, 5, 200, "no answer within 30s"},
		{"retries HTML", script{"200||<html>", good}, time.Second, 2, 0, ""},
		{"does not retry a body without its list", script{`200||{"code":20003}`}, 0, 1, 200, "no list where one belongs"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				provider := &stage{script: test.script}
				c := provider.on(nil)
				start := time.Now()
				err := c.Get(t.Context(), "/list?token=hidden", nil, readList)
				if waited := time.Since(start); waited != test.waits {
					t.Errorf("took %s, want %s", waited, test.waits)
				}
				if provider.sent() != test.tries {
					t.Errorf("%d tries, want %d", provider.sent(), test.tries)
				}
				if test.text == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				e := asError(t, err)
				if e.Status != test.status || e.Attempts != test.tries || e.URL != "https://api.example/list" {
					t.Errorf("error %+v", e)
				}
				if text := err.Error(); !strings.Contains(text, test.text) || strings.Contains(text, "hidden") {
					t.Errorf("error reads %q, want %q in it", text, test.text)
				}
			})
		})
	}
}

// A request that cannot wait for another try returns the last answer, and delays no other.
func TestRetryGivesUpWhereItsTimeEndsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &stage{script: script{"429|Retry-After: 7|"}}
		c := provider.on(nil)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := c.Get(ctx, "/list", nil, readList)
		if e := asError(t, err); e.Status != http.StatusTooManyRequests || provider.sent() != 2 || time.Since(start) != 7*time.Second {
			t.Errorf("%v, after %d tries and %v", err, provider.sent(), time.Since(start))
		}
		if err := c.Get(ctx, "/list", nil, readList); Status(err) != http.StatusTooManyRequests || time.Since(start) != 7*time.Second {
			t.Errorf("the next one: %v, after %v", err, time.Since(start))
		}
	})
}

func TestRetryStartsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := (&stage{script: script{"cut", `200||{"items":[1]}`}}).on(nil)
		var bodies []string
		err := c.Do(t.Context(), Request{Method: http.MethodPut, Ref: "x", Body: []byte("{}")}, func(resp *http.Response) error {
			raw, err := ReadObject(resp.Body, 100)
			bodies = append(bodies, string(raw))
			return err
		})
		if err != nil || len(bodies) != 2 || bodies[1] != `{"items":[1]}` {
			t.Errorf("read %q, error %v", bodies, err)
		}
	})
}

func TestReadErrorsAreNotRetried(t *testing.T) {
	provider := &stage{script: script{"200||{}"}}
	mine := errors.New("mine")
	err := provider.on(nil).Get(t.Context(), "x", nil, func(*http.Response) error { return mine })
	if err != mine || provider.sent() != 1 {
		t.Errorf("error %v after %d tries", err, provider.sent())
	}
}

// A slow reader is not the provider's fault.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := &stage{script: script{`200||{"items":[1,2]}`}}
		err := provider.on(nil).Get(t.Context(), "x", nil, func(resp *http.Response) error {
			time.Sleep(time.Hour)
			_, err := ReadList(resp.Body, places, func(Element) error { time.Sleep(time.Hour); return nil })
			return err
		})
		if err != nil || provider.sent() != 1 {
			t.Errorf("error %v after %d tries", err, provider.sent())
		}
	})
}

func TestCancel(t *testing.T) {
	mine := errors.New("mine")
	for name, test := range map[string]struct {
		script script
		status int // of the answer that made another try necessary
	}{
		"waiting between tries":  {script{"503||"}, 503},
		"waiting for the answer": {script{"silent"}, 0},
		"reading the body":       {script{"stall"}, 0},
		"throttled":              {script{"429|Retry-After: 50|"}, 429},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(500*time.Millisecond, func() { cancel(mine) })
				start := time.Now()
				err := (&stage{script: test.script}).on(nil).Get(ctx, "x", nil, readList)
				if !errors.Is(err, mine) || Status(err) != test.status || time.Since(start) != 500*time.Millisecond {
					t.Errorf("%v after %s", err, time.Since(start))
				}
			})
		})
	}
}

// What the reader makes of a cancelled context does not matter.
func TestCancelInRead(t *testing.T) {
	mine := errors.New("mine")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := (&stage{script: script{"200||{}"}}).on(nil).Get(ctx, "x", nil, func(*http.Response) error {
		cancel(mine)
		return ctx.Err()
	})
	if err != mine {
		t.Error(err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, " 1.5 ": 1500 * time.Millisecond, "-3": 0, "NaN": 0, "soon": 0,
		"1e300": maxWait, "+Inf": maxWait, "99999999999999999999": maxWait,
		now.Add(9 * time.Second).Format(http.TimeFormat):  9 * time.Second,
		now.Add(-9 * time.Second).Format(http.TimeFormat): 0,
		now.Add(math.MaxInt64).Format(http.TimeFormat):    maxWait,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q is %s, want %s", value, got, want)
		}
	}
	slow := http.Header{"Retry-After": {now.Add(9 * time.Second).Format(http.TimeFormat)}, "Date": {now.Add(-time.Hour).Format(http.TimeFormat)}}
	if got := retryAfter(slow, now); got != maxWait {
		t.Errorf("a date an hour after the answer's own is %s, want %s", got, maxWait)
	}
	slow.Set("Retry-After", now.Add(-time.Hour+9*time.Second).Format(http.TimeFormat))
	if got := retryAfter(slow, now); got != 9*time.Second {
		t.Errorf("a date 9 s after the answer's own is %s", got)
	}
}

func TestFullJitter(t *testing.T) {
	for range 1000 {
		if d := fullJitter(time.Second); d < minBackoff || d >= time.Second {
			t.Fatalf("%s", d)
		}
	}
}

func TestTheLogSaysThatARequestIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		c := (&stage{script: script{"503||", `200||{"items":[]}`}}).on(func(o *Options) {
			o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		if err := c.Get(t.Context(), "x", nil, readList); err != nil {
			t.Fatal(err)
		}
		first, second, _ := strings.Cut(log.String(), "\n")
		if !strings.Contains(first, `level=WARN msg="request failed, sending it again"`) || !strings.Contains(second, "level=DEBUG msg=request ") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}
