package fetch

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A script is what a provider answers, one try after the other, the last one for ever: "status|header|body",
// or "refused" (no connection), "silent" (no answer), "cut" (half a body), "stall" (half a body, then nothing).
type script []string

// A stage plays a script and notes when each request came.
type stage struct {
	script script

	mu    sync.Mutex
	times []time.Time
	seen  []*http.Request
}

func (s *stage) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	n := len(s.times)
	s.times = append(s.times, time.Now())
	s.seen = append(s.seen, req)
	s.mu.Unlock()

	half := strings.NewReader(`{"items":[{"a"`)
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req}
	switch line := s.script[min(n, len(s.script)-1)]; line {
	case "refused":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case "silent":
		<-req.Context().Done()
		return nil, req.Context().Err()
	case "cut":
		resp.Body = io.NopCloser(half)
	case "stall":
		resp.Body = io.NopCloser(io.MultiReader(half, readerFunc(func([]byte) (int, error) {
			<-req.Context().Done()
			return 0, req.Context().Err()
		})))
	default:
		parts := strings.SplitN(line, "|", 3)
		status, err := strconv.Atoi(parts[0])
		if err != nil {
			return nil, err
		}
		resp.StatusCode = status
		if name, value, ok := strings.Cut(parts[1], ": "); ok {
			resp.Header.Set(name, value)
		}
		body := strings.NewReader(parts[2])
		resp.Body = io.NopCloser(readerFunc(func(p []byte) (int, error) {
			if err := req.Context().Err(); err != nil {
				return 0, err // as the real one does
			}
			return body.Read(p)
		}))
	}
	return resp, nil
}

// sent is how many requests came.
func (s *stage) sent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.times)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// on returns a client of https://api.example/v1 that plays the script. It waits without jitter: 1, 2, 4, 8 s.
func (s *stage) on(change func(*Options)) *Client {
	o := Options{Base: mustParse("https://api.example/v1"), Transport: s}
	if change != nil {
		change(&o)
	}
	c := New(o)
	c.jitter = func(d time.Duration) time.Duration { return d }
	return c
}

func mustParse(raw string) *url.URL {
	u, err := url.Parse(raw)
	if err != nil {
		panic(err)
	}
	return u
}

// readList reads an answer as a provider does.
func readList(resp *http.Response) error {
	_, _, err := readAll(resp.Body, places)
	return err
}

// asError returns the *Error that err is.
func asError(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *Error", err)
	}
	return e
}
