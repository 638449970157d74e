package main

import (
	"context"
	"errors"
	"fmt"
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
	readyTimeout  = 3 * time.Second

	// closeWebTimeout is how long requests may take to end once all runs have.
	closeWebTimeout = 2 * time.Second
)

// listen answers on the addresses until the returned function is called.
func (d *daemon) listen(ctx context.Context) (stop func() error, err error) {
	watch, hooks := http.NewServeMux(), http.NewServeMux()
	if d.cfg.HooksAddr == "" || d.cfg.HooksAddr == d.cfg.Addr {
		hooks = watch
	}
	watch.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	watch.HandleFunc("GET /readyz", d.ready)
	watch.Handle("GET /metrics", d.metrics.handler())
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
		c, err := d.answer(ctx, addr, handler)
		if err != nil {
			return nil, errors.Join(err, stop())
		}
		closers = append(closers, c)
	}
	return stop, nil
}

// answer serves one address.
func (d *daemon) answer(ctx context.Context, addr string, handler http.Handler) (stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (ROLLCALL_ADDR, ROLLCALL_HOOKS_ADDR): %w", addr, errors.Unwrap(err))
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
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

// ready tells whether runs can be made.
func (d *daemon) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	err := errNoDatabase
	if db := d.db.Load(); db != nil {
		err = sink.Ready(ctx, sink.Desk(db))
	}
	if d.stopping.Load() {
		err = errStopping
	}
	if err != nil {
		say(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	say(w, http.StatusOK, "ready")
}

// say answers a line of text.
func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // whoever asked may have gone
}
