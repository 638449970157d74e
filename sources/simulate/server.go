package simulate

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// A Server is a handler on a loopback port, behind [Faults].
type Server struct {
	*Faults
	URL string // http://127.0.0.1:port, without a slash at the end

	http *http.Server
	done chan struct{}
}

// Listen serves a handler on a free port of 127.0.0.1.
func Listen(h http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("simulated provider: %w", err)
	}
	s := &Server{Faults: NewFaults(h), URL: "http://" + listener.Addr().String(), done: make(chan struct{})}
	s.http = &http.Server{Handler: s.Faults, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.done)
		_ = s.http.Serve(listener) // always an error: that it was closed
	}()
	return s, nil
}

// Close cuts all connections and returns when no request is in flight.
func (s *Server) Close() {
	_ = s.http.Close()
	<-s.done
	s.wait()
}

// A TB is the part of testing.TB that Run needs: the demo uses this package
// too, and must not carry the testing flags.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatal(args ...any)
}

// Run serves a handler until a test's end.
func Run(tb TB, h http.Handler) *Server {
	tb.Helper()
	s, err := Listen(h)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// Elsewhere is another host, for links and redirects that must not be followed: it
// answers everything with 200 and {}, and its Stats count the visits.
func Elsewhere(tb TB) *Server {
	tb.Helper()
	return Run(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusOK, []byte(`{}`))
	}))
}
