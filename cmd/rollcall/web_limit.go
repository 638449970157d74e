package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	// mostConnections is how many connections an address takes.
	mostConnections = 256

	// fewestConnections leaves room for a probe, a scrape and deliveries.
	fewestConnections = 8

	// filesPerConnection is the part of the files that this process may open which
	// the connections of an address get: the others are for Postgres and providers.
	filesPerConnection = 4
)

// connectionLimit is how many connections each address takes.
func connectionLimit() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return mostConnections
	}
	return int(max(fewestConnections, min(mostConnections, files.Cur/filesPerConnection)))
}

// A turnstile is a listener that bounds its connections. A new one takes the
// place of the oldest that has no request at work: half-open connections, however
// many, keep nobody out.
type turnstile struct {
	net.Listener
	most int

	mu       sync.Mutex
	changed  *sync.Cond // a visitor left or has no request at work any more, or closed was set
	visitors map[*visitor]struct{}
	closed   bool
}

func newTurnstile(l net.Listener, most int) *turnstile {
	t := &turnstile{Listener: l, most: most, visitors: map[*visitor]struct{}{}}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// Accept returns the next connection, once there is room for it.
func (t *turnstile) Accept() (net.Conn, error) {
	conn, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.visitors) >= t.most {
		if t.closed {
			_ = conn.Close()
			return nil, net.ErrClosed
		}
		if oldest := t.oldest(); oldest != nil {
			delete(t.visitors, oldest)
			_ = oldest.Conn.Close()
			continue
		}
		t.changed.Wait()
	}
	v := &visitor{Conn: conn, turnstile: t, since: time.Now()}
	t.visitors[v] = struct{}{}
	return v, nil
}

// oldest is the connection that has been without a request for longest.
func (t *turnstile) oldest() (oldest *visitor) {
	for v := range t.visitors {
		if !v.busy && (oldest == nil || v.since.Before(oldest.since)) {
			oldest = v
		}
	}
	return oldest
}

// Close ends Accept too where that waits for room.
func (t *turnstile) Close() error {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.changed.Broadcast()
	return t.Listener.Close()
}

// A visitor is a connection of a turnstile.
type visitor struct {
	net.Conn
	turnstile *turnstile
	busy      bool      // a request is at work
	since     time.Time // of the state of busy
}

// Close makes room for another.
func (v *visitor) Close() error {
	t := v.turnstile
	t.mu.Lock()
	delete(t.visitors, v)
	t.mu.Unlock()
	t.changed.Signal()
	return v.Conn.Close()
}

func (v *visitor) set(busy bool) {
	t := v.turnstile
	t.mu.Lock()
	v.busy, v.since = busy, time.Now()
	t.mu.Unlock()
	t.changed.Signal()
}

// visiting is the key of a request's visitor in its context.
type visiting struct{}

func withVisitor(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, visiting{}, c)
}

// attended marks the connections that have a request at work.
func attended(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if v, ok := r.Context().Value(visiting{}).(*visitor); ok {
			v.set(true)
			defer v.set(false)
		}
		next.ServeHTTP(w, r)
	})
}
