package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rollcall/sink"
)

// Limits of the HTTP servers: nobody keeps a connection busy for long.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 30 * time.Second // a scrape, with its questions
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10 // bytes

	// readyTimeout is how long the opening of a session may take; probes wait for
	// a few seconds.
	readyTimeout = 3 * time.Second

	// readyAge is how long the answer of a probe serves others.
	readyAge = time.Second

	// closeWebTimeout is how long requests may take to end once all runs have.
	closeWebTimeout = 2 * time.Second
)

var errReadySlow = fmt.Errorf("a database session did not open within %v", readyTimeout)

// listen answers on the addresses until the returned function is called.
func (d *daemon) listen(ctx context.Context) (stop func() error, err error) {
	watch, hooks := http.NewServeMux(), http.NewServeMux()
	if d.cfg.HooksAddr == "" || d.cfg.HooksAddr == d.cfg.Addr {
		hooks = watch
	}
	watch.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	watch.HandleFunc("GET /readyz", d.ready)
	watch.Handle("GET /metrics", d.metrics.handler())
	most := connectionLimit()
	// Half of them at most deliver, and half of those at most have a wrong password.
	d.deliveries, d.guesses = make(chan struct{}, most/2), newGuesses(most/4)
	hooks.HandleFunc("POST /hooks/{name}", d.deliver)
	servers := map[string]http.Handler{string(d.cfg.Addr): watch}
	if hooks != watch {
		servers[string(d.cfg.HooksAddr)] = hooks
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
		c, err := d.answer(ctx, addr, handler, most)
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		closers = append(closers, c)
	}
	return stop, nil
}

// answer serves one address, over so many connections at once.
func (d *daemon) answer(ctx context.Context, addr string, handler http.Handler, most int) (stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (ROLLCALL_ADDR, ROLLCALL_HOOKS_ADDR): %w", addr, errors.Unwrap(err))
	}
	server := &http.Server{
		Handler: attended(handler), ConnContext: withVisitor, ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(newTurnstile(listener, most)) }()
	d.log.Info("listening", "addr", listener.Addr().String())
	return func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWebTimeout)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // whoever still asks has had its time
		}
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	}, nil
}

// ready says whether a run could begin now.
func (d *daemon) ready(w http.ResponseWriter, r *http.Request) {
	err := errStopping
	if !d.stopping.Load() {
		err = d.readiness.ask(r.Context(), d.couldRun)
	}
	if err != nil {
		say(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	say(w, http.StatusOK, "ready")
}

func (d *daemon) couldRun(ctx context.Context) error {
	db := d.db.Load()
	if db == nil {
		return errNoDatabase
	}
	return sink.Ready(ctx, db)
}

// A readiness is the last answer to whether a run could begin: probes, however
// many, open one session per second.
type readiness struct {
	turn  chan struct{} // a token for whoever asks
	asked time.Time
	err   error
}

func newReadiness() *readiness { return &readiness{turn: make(chan struct{}, 1)} }

// ask returns an answer that is at most readyAge old.
func (r *readiness) ask(ctx context.Context, could func(context.Context) error) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if time.Since(r.asked) >= readyAge {
		// Others get this answer too, so that it does not end with this probe.
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), readyTimeout, errReadySlow)
		defer cancel()
		r.err = could(ctx)
		r.asked = time.Now()
	}
	return r.err
}

// say answers a line of text.
func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // whoever asked may have gone
}
