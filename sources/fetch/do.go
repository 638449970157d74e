package fetch

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	// maxErrorBody is how much of an error's body is read for its code, in bytes.
	maxErrorBody = 64 << 10

	// maxDrain is how much of a body is read to its end, in bytes, so that its connection can be used again:
	// more than that costs more than a new connection.
	maxDrain = 64 << 10

	// drainTimeout bounds the reading of what only serves the code of an error or the reuse of a connection.
	drainTimeout = 2 * time.Second
)

// An outcome is the result of one try.
type outcome struct {
	request *http.Request
	status  int           // 0: no answer
	code    string        // the provider's error code
	after   time.Duration // Retry-After, or 0
	err     error         // nil: all went well
	own     bool          // err is the caller's own, to be returned as it is
	retry   bool          // another try may help

	throttled, duration time.Duration
}

// Do is Get for any idempotent request.
func (c *Client) Do(ctx context.Context, r Request, read func(*http.Response) error) error {
	r.Method = cmp.Or(r.Method, http.MethodGet)
	u, err := c.resolve(r.Ref)
	if err != nil {
		return c.failure(r.Method, &c.base, outcome{err: err}, 0)
	}
	var waited time.Duration
	var last error // of the try before
	renew := c.o.Renew
	if r.Bare {
		renew = nil
	}
	for try := 1; ; try++ {
		out := c.attempt(ctx, r, u, read)
		if out.err == nil {
			c.observe(ctx, out, try, false, 0)
			return nil
		}
		if ctx.Err() != nil {
			return ended(ctx, last)
		}
		if out.status == http.StatusUnauthorized && renew != nil && try < maxTries {
			renewed, err := renew(ctx, out.request)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil {
				c.observe(ctx, out, try, false, 0)
				return err
			}
			if renew = nil; renewed {
				c.observe(ctx, out, try, true, 0)
				continue
			}
		}
		wait := c.waitAfter(ctx, out, try, maxWait-waited)
		again := out.retry && try < maxTries && wait > 0
		c.observe(ctx, out, try, again, wait)
		switch {
		case again:
			waited += wait
			last = c.failure(r.Method, u, out, try)
			if sleep(ctx, wait) != nil {
				return ended(ctx, last)
			}
		case out.own:
			return out.err
		default:
			return c.failure(r.Method, u, out, try)
		}
	}
}

// ended returns the cause of ctx's end, with the failure that made another try
// necessary before it.
func ended(ctx context.Context, last error) error {
	if last == nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w; before that: %w", context.Cause(ctx), last)
}

// attempt makes one try: it waits for its turn, sends the request and has the answer read.
func (c *Client) attempt(ctx context.Context, r Request, u *url.URL, read func(*http.Response) error) (out outcome) {
	watch := newWatchdog(ctx, c.o.RequestTimeout)
	defer watch.close()
	req, err := c.newRequest(watch.ctx, r, u)
	out.request = req
	if err != nil {
		out.err, out.own = err, true
		return out
	}
	asked := time.Now()
	release, err := c.limits.acquire(ctx)
	if err != nil {
		out.err, out.own = err, true
		return out
	}
	defer release()
	sent := time.Now()
	out.throttled = sent.Sub(asked)
	defer func() { out.duration = time.Since(sent) }()

	watch.start(c.o.RequestTimeout)
	resp, err := c.http.Do(req)
	watch.stop()
	if err != nil {
		out.err = blamed(watch.explain(err))
		out.retry = !permanent(out.err)
		return out
	}
	defer resp.Body.Close()
	out.status = resp.StatusCode
	if !isWhole(r.Method, resp.StatusCode) {
		c.refused(resp, watch, &out)
		return out
	}
	c.read(resp, watch, read, &out)
	return out
}

// isWhole reports whether an answer is whole. To a GET only 200 is: 206 is a part, 202 is not ready yet, 203 was
// changed on its way, 204 is nothing.
func isWhole(method string, status int) bool {
	return status == http.StatusOK || method != http.MethodGet && status/100 == 2
}

// newRequest makes the request of one try, with its credential.
func (c *Client) newRequest(ctx context.Context, r Request, u *url.URL) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if len(r.Body) == 0 {
		req.Body, req.GetBody, req.ContentLength = http.NoBody, nil, 0
	}
	if r.Header != nil {
		req.Header = r.Header.Clone()
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	if c.o.UserAgent != "" {
		req.Header.Set("User-Agent", c.o.UserAgent)
	}
	if c.o.Authorize != nil && !r.Bare {
		if err := c.o.Authorize(req); err != nil {
			return req, err
		}
	}
	return req, nil
}

// read reads the body of a good answer and classifies its error.
func (c *Client) read(resp *http.Response, watch *watchdog, read func(*http.Response) error, out *outcome) {
	body := &watchedBody{ReadCloser: resp.Body, watch: watch}
	resp.Body = body
	if read != nil {
		out.err = read(resp)
	}
	if out.err == nil {
		if body.err == nil {
			watch.start(min(drainTimeout, c.o.RequestTimeout))
			io.CopyN(io.Discard, body.ReadCloser, maxDrain) // only for the connection's sake
			watch.stop()
		}
		return
	}
	var cut *BodyError
	var noList *NoListError
	var failed *AnswerError
	switch {
	case errors.As(out.err, &cut), body.err != nil && body.err != io.EOF && errors.Is(out.err, body.err):
		out.retry = true
	case errors.As(out.err, &noList):
		out.code = c.errorCode(noList.Envelope.JSON())
	case errors.As(out.err, &failed):
		out.code = c.errorCode(failed.Envelope.JSON())
	case errors.Is(out.err, ErrTooLarge):
	default:
		out.own = true
	}
}

// refused reads the code and the wait from an answer that is not whole.
func (c *Client) refused(resp *http.Response, watch *watchdog, out *outcome) {
	out.err = statusError(resp.StatusCode)
	out.retry = resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode >= 500
	if out.retry {
		out.after = retryAfter(resp.Header, time.Now())
	}
	watch.start(min(drainTimeout, c.o.RequestTimeout))
	defer watch.stop()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // as much as comes
	out.code = c.errorCode(body)
}

// observe logs a try and counts it.
func (c *Client) observe(ctx context.Context, out outcome, try int, again bool, wait time.Duration) {
	err := c.clean(out.err)
	if !again {
		wait = 0
	}
	level, message := slog.LevelDebug, "request"
	if again {
		message = "request failed, sending it again"
	}
	if again && out.status != http.StatusUnauthorized { // tokens expire
		level = slog.LevelWarn
	}
	method := ""
	if req := out.request; req != nil {
		method = req.Method
		c.log.Log(ctx, level, message, "method", method, "url", c.show(req.URL), "status", out.status, "code", out.code,
			"error", err, "try", try, "again", again, "wait", wait, "throttled", out.throttled, "took", out.duration)
	}
	if c.o.Observe != nil {
		c.o.Observe(Attempt{
			Method: method, Number: try, Status: out.status, Err: err,
			Throttled: out.throttled, Duration: out.duration, Retry: again, Wait: wait,
		})
	}
}
