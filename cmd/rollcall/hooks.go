package main

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

const (
	// maxDelivery is the longest push that is read, in bytes.
	maxDelivery = 1 << 20

	// freshFor is how long a hook's credentials serve before they are read
	// again: a flood must not read files all the time.
	freshFor = 10 * time.Second

	// deliveriesAtOnce leaves sessions for the schedule and for the metrics.
	deliveriesAtOnce = 2
)

// A hook is where a provider pushes for one connection.
type hook struct {
	sources.Configured
	hinter sources.Hinter
	turn   chan struct{} // of all hooks

	mu                 sync.Mutex
	username, password [sha256.Size]byte
	read               time.Time
}

// openHooks makes the hooks of the connections that have a HOOK_USERNAME.
func (d *daemon) openHooks() (map[string]*hook, error) {
	hooks, turn := map[string]*hook{}, make(chan struct{}, deliveriesAtOnce)
	for _, c := range d.cfg.connections {
		if c.HookUsername == "" {
			continue
		}
		source, err := c.Open(userAgent(), d.log, nil, nil)
		if err != nil {
			return nil, err
		}
		defer source.Close()
		hinter, able := source.(sources.Hinter)
		if !able {
			d.log.Warn("HOOK_USERNAME is set, but this provider has no push that rollcall can read: its hook answers 404", "source", c.Name)
			continue
		}
		hooks[c.Name] = &hook{Configured: c, hinter: hinter, turn: turn}
	}
	return hooks, nil
}

// authentic compares credentials in a time that does not tell how much of them
// is right.
func (h *hook) authentic(ctx context.Context, d *daemon, r *http.Request) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if time.Since(h.read) >= freshFor {
		fresh, err := h.Afresh(ctx, d.env)
		if err != nil {
			d.log.Error("a hook's credentials cannot be read again: those from before still count", "source", h.Name, "error", err)
			fresh = h.Configured
		}
		h.username, h.password = sha256.Sum256([]byte(fresh.HookUsername)), sha256.Sum256([]byte(fresh.HookPassword.Reveal()))
		h.Configured, h.read = fresh, time.Now()
	}
	username, password, given := r.BasicAuth()
	u, p := sha256.Sum256([]byte(username)), sha256.Sum256([]byte(password))
	same := subtle.ConstantTimeCompare(u[:], h.username[:]) & subtle.ConstantTimeCompare(p[:], h.password[:])
	return given && same == 1 && h.HookUsername != ""
}

// deliver takes a push: the accounts that it names are kept, to be asked for.
func (d *daemon) deliver(w http.ResponseWriter, r *http.Request) {
	h := d.hooks[r.PathValue("name")]
	if h == nil {
		say(w, http.StatusNotFound, "there is no such hook")
		return
	}
	status, text := d.take(h, w, r)
	d.metrics.hooks.WithLabelValues(h.Name, strconv.Itoa(status)).Inc()
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="rollcall", charset="UTF-8"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "60") // seconds
	}
	say(w, status, text)
}

func (d *daemon) take(h *hook, w http.ResponseWriter, r *http.Request) (status int, text string) {
	ctx := r.Context()
	if !h.authentic(ctx, d, r) {
		return http.StatusUnauthorized, "wrong user or password"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelivery))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return http.StatusRequestEntityTooLarge, "longer than 1 MiB"
	}
	if err != nil {
		return http.StatusBadRequest, "cannot be read"
	}
	ids, err := h.hinter.Hint(body)
	if err != nil {
		return http.StatusBadRequest, err.Error()
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return h.Secrets.Leak([]byte(id)) })
	if err := d.remember(ctx, h, ids); err != nil {
		d.log.Warn("a delivery could not be kept", "source", h.Name, "error", err)
		return http.StatusServiceUnavailable, "cannot be kept now"
	}
	d.wake()
	return http.StatusAccepted, "accepted"
}

// errTooMany tells that a hook delivers faster than its accounts can be asked for.
var errTooMany = errors.New("too many accounts are to be asked for already; the next complete run sees all of them")

func (d *daemon) remember(ctx context.Context, h *hook, ids []string) error {
	db := d.db.Load()
	if db == nil {
		return errNoDatabase
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return fmt.Errorf("the sender did not wait: %w", context.Cause(ctx))
	}
	kept, err := sink.Remember(ctx, sink.Desk(db), h.Name, ids)
	if err == nil && !kept {
		err = errTooMany
	}
	return err
}
