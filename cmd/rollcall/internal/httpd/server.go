// Package httpd answers the HTTP requests to serve: health, readiness, metrics and
// webhooks.
package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"

	"rollcall/sink"
	"rollcall/sources"
)

// Limits of each address: no client keeps a connection busy for long.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second // a scrape, with its queries
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10 // bytes

	// readyTimeout is how long the opening of a session may take; probes wait for
	// a few seconds.
	readyTimeout = 3 * time.Second

	// readyAge is how long the result of a probe serves other probes.
	readyAge = time.Second

	// closeTimeout is how long requests may take to end once all runs have.
	closeTimeout = 2 * time.Second
)

var (
	errReadySlow  = fmt.Errorf("a database session did not open within %v", readyTimeout)
	errNoDatabase = errors.New("the database was not reached yet")
	errStopping   = errors.New("serve is stopping")
)

// A Config is what a Server needs.
type Config struct {
	Addr, HooksAddr string // HooksAddr: "" is the same as Addr
	Connections     []sources.Configured
	Env             envconfig.Lookuper // holds the credentials of webhooks
	UserAgent       string
	Version, Commit string
	Log             *slog.Logger
	Next            func(context.Context) (map[string]time.Time, error) // returns the next tick of each connection
	Delivered       func()                                              // is called after each delivery that was stored
}

// A Server answers the requests to serve.
type Server struct {
	Config
	*metrics
	hooks      map[string]*hook
	guesses    *guesses
	deliveries chan struct{} // a token per delivery in progress
	readiness  *readiness
	stopping   atomic.Bool
	db         atomic.Pointer[sqlx.DB] // nil before Use
}

// New makes a Server, which answers once it listens.
func New(ctx context.Context, c Config) (s *Server, err error) {
	s = &Server{Config: c, readiness: &readiness{turn: make(chan struct{}, 1)}}
	s.metrics = newMetrics(ctx, s)
	s.hooks, err = s.openHooks()
	return s, err
}

// Use gives the server the database, with its schema up to date.
func (s *Server) Use(db *sqlx.DB) { s.db.Store(db) }

// Stopping makes /readyz answer that no run can start any more.
func (s *Server) Stopping() { s.stopping.Store(true) }

// Listen answers on the addresses until stop is called.
func (s *Server) Listen(ctx context.Context) (stop func() error, err error) {
	health, hooks := http.NewServeMux(), http.NewServeMux()
	if s.HooksAddr == "" || s.HooksAddr == s.Addr {
		hooks = health
	}
	health.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, "ok") })
	health.HandleFunc("GET /readyz", s.ready)
	health.Handle("GET /metrics", s.metrics.handler())
	most := connectionLimit()
	// At most half of them deliver, and at most half of those have a wrong password.
	s.deliveries, s.guesses = make(chan struct{}, most/2), newGuesses(most/4)
	hooks.HandleFunc("POST /hooks/{name}", s.deliver)
	servers := map[string]http.Handler{s.Addr: health}
	if hooks != health {
		servers[s.HooksAddr] = hooks
	}
	var closers []func() error
	stop = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	for addr, handler := range servers {
		c, err := s.listen(ctx, addr, handler, most)
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		closers = append(closers, c)
	}
	return stop, nil
}

// listen serves one address, over at most so many connections at once.
func (s *Server) listen(ctx context.Context, addr string, handler http.Handler, most int) (stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; check ROLLCALL_ADDR and ROLLCALL_HOOKS_ADDR", addr, errors.Unwrap(err))
	}
	server := &http.Server{
		Handler: markBusy(handler), ConnContext: withConn, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(newLimitListener(listener, most)) }()
	s.Log.Info("listening", "addr", listener.Addr().String())
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // the remaining requests had their time
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}

// ready answers whether a run could start now.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	err := errStopping
	if !s.stopping.Load() {
		err = s.readiness.check(r.Context(), s.canRun)
	}
	if err != nil {
		reply(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	reply(w, http.StatusOK, "ready")
}

func (s *Server) canRun(ctx context.Context) error {
	db := s.db.Load()
	if db == nil {
		return errNoDatabase
	}
	return sink.Ready(ctx, db)
}

// A readiness caches whether a run could start: any number of probes opens one
// session per second.
type readiness struct {
	turn    chan struct{} // a token for the probe that checks
	checked time.Time
	err     error
}

// check returns a result that is at most readyAge old.
func (r *readiness) check(ctx context.Context, canRun func(context.Context) error) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if time.Since(r.checked) >= readyAge {
		// Other probes use this result, so it must outlive the request.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), readyTimeout, errReadySlow)
		defer cancel()
		r.err = canRun(ctx)
		r.checked = time.Now()
	}
	return r.err
}

// reply answers with a line of text.
func reply(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // the client may have left
}
