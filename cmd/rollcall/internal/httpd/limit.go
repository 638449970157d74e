package httpd

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

	// filesPerConnection divides the files that this process may open: the
	// connections of an address get one part, Postgres and providers the others.
	filesPerConnection = 4
)

// connectionLimit returns how many connections each address takes.
func connectionLimit() int {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return mostConnections
	}
	return int(max(fewestConnections, min(mostConnections, files.Cur/filesPerConnection)))
}

// A limitListener bounds its connections. A new one replaces the oldest that is
// idle, so half-open connections never block the others.
type limitListener struct {
	net.Listener
	most int

	mu      sync.Mutex
	changed *sync.Cond // a connection closed or became idle, or closed was set
	conns   map[*limitedConn]struct{}
	closed  bool
}

func newLimitListener(l net.Listener, most int) *limitListener {
	t := &limitListener{Listener: l, most: most, conns: map[*limitedConn]struct{}{}}
	t.changed = sync.NewCond(&t.mu)
	return t
}

// Accept returns the next connection, once there is room for it.
func (l *limitListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.conns) >= l.most {
		if l.closed {
			_ = conn.Close()
			return nil, net.ErrClosed
		}
		if oldest := l.oldestIdle(); oldest != nil {
			delete(l.conns, oldest)
			_ = oldest.Conn.Close()
			continue
		}
		l.changed.Wait()
	}
	c := &limitedConn{Conn: conn, listener: l, since: time.Now()}
	l.conns[c] = struct{}{}
	return c, nil
}

func (l *limitListener) oldestIdle() (oldest *limitedConn) {
	for c := range l.conns {
		if !c.busy && (oldest == nil || c.since.Before(oldest.since)) {
			oldest = c
		}
	}
	return oldest
}

// Close also ends an Accept that waits for room.
func (l *limitListener) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.changed.Broadcast()
	return l.Listener.Close()
}

// A limitedConn is a connection of a limitListener.
type limitedConn struct {
	net.Conn
	listener *limitListener
	busy     bool      // a request is running
	since    time.Time // when busy was set
}

// Close makes room for another connection.
func (c *limitedConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	c.listener.changed.Signal()
	return c.Conn.Close()
}

func (c *limitedConn) setBusy(busy bool) {
	c.listener.mu.Lock()
	c.busy, c.since = busy, time.Now()
	c.listener.mu.Unlock()
	c.listener.changed.Signal()
}

// connKey is the key of a request's connection in its context.
type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// markBusy marks the connections that have a running request.
func markBusy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
			c.setBusy(true)
			defer c.setBusy(false)
		}
		next.ServeHTTP(w, r)
	})
}
