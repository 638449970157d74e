package httpd

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
	"time"

	"github.com/sethvargo/go-envconfig"

	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/env"
)

const (
	// maxDelivery is the longest webhook notification that is read, in bytes.
	maxDelivery = 1 << 20

	// hookFileTimeout is how long reading the files with a hook's credentials may
	// take: the provider waits.
	hookFileTimeout = 5 * time.Second

	// deliveriesAtOnce leaves sessions to the schedule and the metrics.
	deliveriesAtOnce = 2
)

// A hook receives the webhook notifications of one connection.
type hook struct {
	sources.Configured
	reader sources.NotificationReader
	turn   chan struct{} // of all hooks
}

// openHooks returns the hooks of the connections that have a HOOK_USERNAME.
func (s *Server) openHooks() (map[string]*hook, error) {
	hooks, turn := map[string]*hook{}, make(chan struct{}, deliveriesAtOnce)
	for _, c := range s.Connections {
		if c.HookUsername == "" {
			continue
		}
		source, err := c.Open(s.UserAgent, s.Log, nil, nil)
		if err != nil {
			return nil, err
		}
		defer source.Close()
		reader, able := source.(sources.NotificationReader)
		if !able {
			s.Log.Warn("HOOK_USERNAME is set, but rollcall reads no webhook notifications of this provider: its hook answers 404", "source", c.Name)
			continue
		}
		hooks[c.Name] = &hook{c, reader, turn}
	}
	return hooks, nil
}

// authentic compares credentials in a time that does not depend on how much of
// them is right. The hook's own are read for each delivery: the error is that they
// cannot be.
func (h *hook) authentic(ctx context.Context, vars envconfig.Lookuper, r *http.Request) (bool, error) {
	username, password, _ := r.BasicAuth()
	ctx, cancel := context.WithTimeoutCause(ctx, hookFileTimeout, errHookFile)
	defer cancel()
	wantUsername, wantPassword, err := env.Hook(ctx, vars, h.Connection)
	if err != nil {
		return false, err
	}
	same := equal(username, wantUsername) & equal(password, wantPassword.Reveal())
	return same == 1 && wantUsername != "" && wantPassword != "", nil
}

var errHookFile = fmt.Errorf("the files were not read within %v", hookFileTimeout)

// equal returns 1 if two texts are the same, else 0.
func equal(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// deliver keeps the accounts that a webhook notification names, to be refreshed.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request) {
	h := s.hooks[r.PathValue("name")]
	if h == nil {
		reply(w, http.StatusNotFound, "there is no such hook")
		return
	}
	select {
	case s.deliveries <- struct{}{}:
		defer func() { <-s.deliveries }()
	default: // probes must still be answered
		w.Header().Set("Retry-After", "10") // seconds
		reply(w, http.StatusServiceUnavailable, "too many deliveries at once")
		return
	}
	status, text := s.take(h, w, r)
	s.deliveryCount.WithLabelValues(h.Name, strconv.Itoa(status)).Inc()
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="rollcall", charset="UTF-8"`)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", retryGuess)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "60") // seconds
	}
	reply(w, status, text)
}

func (s *Server) take(h *hook, w http.ResponseWriter, r *http.Request) (status int, text string) {
	ctx := r.Context()
	if _, _, given := r.BasicAuth(); !given { // some clients fetch the challenge first
		return http.StatusUnauthorized, "needs a user and a password"
	}
	switch authentic, err := h.authentic(ctx, s.Env, r); {
	case err != nil:
		if s.guesses.shouldLog("unreadable " + h.Name) {
			s.Log.Error("a delivery was refused: the user and password of its webhook cannot be read", "source", h.Name, "error", err)
		}
		return http.StatusServiceUnavailable, "the credentials of this webhook cannot be checked now"
	case !authentic:
		return s.refuse(h, r)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDelivery))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return http.StatusRequestEntityTooLarge, "longer than 1 MiB"
	}
	if err != nil {
		return http.StatusBadRequest, "cannot be read"
	}
	ids, err := h.reader.ReadNotification(body)
	if err != nil {
		return http.StatusBadRequest, err.Error()
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return h.Secrets.Leak([]byte(id)) })
	if err := s.remember(ctx, h, ids); err != nil {
		s.Log.Warn("a webhook notification could not be kept", "source", h.Name, "error", err)
		return http.StatusServiceUnavailable, "cannot be kept now"
	}
	s.Delivered()
	return http.StatusAccepted, "accepted"
}

// errTooMany means that notifications come faster than accounts can be refreshed.
var errTooMany = errors.New("too many refreshes are pending; the next complete run sees all accounts")

func (s *Server) remember(ctx context.Context, h *hook, ids []string) error {
	db := s.db.Load()
	if db == nil {
		return errNoDatabase
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return fmt.Errorf("the sender left: %w", context.Cause(ctx))
	}
	kept, err := sink.AddRefreshes(ctx, sink.ControlPool(db), h.Name, ids)
	if err == nil && !kept {
		err = errTooMany
	}
	return err
}
