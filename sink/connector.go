package sink

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

const (
	// sessionSilence is how long a session waits for Postgres: longer than any
	// statement may take.
	sessionSilence = statementTimeout + time.Minute

	// controlSilence is the same for the short questions that are asked beside the
	// runs.
	controlSilence = 15 * time.Second

	// controlSessions are enough for a few such questions at once.
	controlSessions = 4

	// controlIdle are kept between questions.
	controlIdle = 2

	// sessionIdle is how long a session is kept that nothing was asked over: most
	// processes ask seldom.
	sessionIdle = time.Minute
)

// A connector opens sessions, and can cut one whose peer went silent: nothing
// that the driver offers ends a read from a connection that became a black
// hole. It also holds the control.
type connector struct {
	from    *origin
	silence time.Duration
	control *sqlx.DB // nil on the control's own

	sockets sync.Map // of the open sessions: driver.Conn → *socket
}

// newControlPool opens the pool for what is asked beside the runs: signs of life,
// schedules, refreshes, metrics. No run can take its sessions, and none of its
// questions hangs.
func newControlPool(from *origin) *sqlx.DB {
	return from.pool(&connector{from: from, silence: controlSilence}, controlSessions, controlIdle)
}

// ControlPool returns the sessions of db for short questions that are asked beside the
// runs. Closing db closes them.
func ControlPool(db *sqlx.DB) *sqlx.DB {
	if c, ours := db.Driver().(*connector); ours && c.control != nil {
		return c.control
	}
	return db
}

// Driver returns the connector, so that ControlPool finds it in a pool.
func (c *connector) Driver() driver.Driver { return c }

// Open is not called: the pool has a connector.
func (c *connector) Open(name string) (driver.Conn, error) { return pq.Driver{}.Open(name) }

// Close closes the control with the pool.
func (c *connector) Close() error {
	if c.control == nil {
		return nil
	}
	return c.control.Close()
}

// dialing is the key of the *socket that a session's connection is noted in.
type dialing struct{}

// errNoHost means that each host was away or of another kind: during a failover
// there is no primary for a while.
var errNoHost = errors.New("no host is what target_session_attrs asks for")

// Connect opens a session with the URL as it is now, and pins its settings.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	url, err := c.from.url(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := c.dial(ctx, url)
	if isRefusal(err) { // it may have been rotated since it was read
		if again, unread := c.from.url(ctx); unread == nil && again != url {
			url = again
			conn, err = c.dial(ctx, url)
		}
	}
	if err != nil {
		return nil, &openError{err}
	}
	c.from.opened(url)
	return conn, nil
}

// dial opens a session at url.
func (c *connector) dial(ctx context.Context, url string) (driver.Conn, error) {
	t, err := dataSource(url, os.Environ())
	if err != nil {
		return nil, blamed(err)
	}
	return c.open(ctx, t)
}

func (c *connector) open(ctx context.Context, t target) (driver.Conn, error) {
	inner, err := pq.NewConnectorConfig(t.config)
	if err != nil {
		return nil, blamed(err)
	}
	inner.Dialer(newDialer())
	ctx, cancel := context.WithTimeout(ctx, t.limit)
	defer cancel()
	s := &socket{silence: c.silence}
	watching := context.AfterFunc(ctx, s.abort) // the driver looks at ctx only until the server is dialed
	conn, err := inner.Connect(context.WithValue(ctx, dialing{}, s))
	if a := t.config.TargetSessionAttrs; err != nil && a != "" && a != pq.TargetSessionAttrsAny && !errors.As(err, new(*pq.Error)) {
		err = fmt.Errorf("%w (%s): %w", errNoHost, a, err)
	}
	if err == nil {
		if err = ensurePinned(ctx, conn, t.config); err != nil {
			_ = conn.Close()
		}
	}
	if !watching() && ctx.Err() != nil {
		if err == nil {
			_ = conn.Close() // it was aborted
		}
		err = ctx.Err()
	}
	if err != nil {
		return nil, &Error{Database: t.where, Err: err}
	}
	s.closed = func() { c.sockets.Delete(conn) }
	c.sockets.Store(conn, s)
	return conn, nil
}

// cut ends the connection below a session, whatever waits for it.
func cut(db *sqlx.DB, session driver.Conn) {
	c, ours := db.Driver().(*connector)
	if !ours {
		return
	}
	if s, open := c.sockets.Load(session); open {
		_ = s.(*socket).Conn.Close()
	}
}

// dialer opens connections that notice a peer which went silent.
type dialer struct{ *net.Dialer }

func newDialer() dialer {
	return dialer{&net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount},
	}}
}

// DialContext opens the connection of a session, or one to cancel a statement.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	s, session := ctx.Value(dialing{}).(*socket)
	if !session {
		s = &socket{silence: controlSilence}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Conn = conn
	if s.aborted {
		_ = conn.Close()
	}
	return s, nil
}

// DialTimeout is for drivers that do not pass a context; ours does.
func (d dialer) DialTimeout(network, address string, timeout time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return d.DialContext(ctx, network, address)
}

// A socket is a connection on which no read or write waits for ever.
type socket struct {
	net.Conn
	silence time.Duration
	closed  func() // nil while the session is being opened

	mu      sync.Mutex
	limit   time.Time // set by the driver while the session is being opened
	aborted bool
}

// abort ends the opening of a session.
func (s *socket) abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aborted = true
	if s.Conn != nil {
		_ = s.Conn.Close()
	}
}

// SetDeadline keeps the driver's own limit.
func (s *socket) SetDeadline(t time.Time) error {
	s.mu.Lock()
	s.limit = t
	s.mu.Unlock()
	return s.Conn.SetDeadline(t)
}

func (s *socket) deadline() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := time.Now().Add(s.silence)
	if !s.limit.IsZero() && s.limit.Before(t) {
		return s.limit
	}
	return t
}

func (s *socket) Read(b []byte) (int, error) {
	if err := s.Conn.SetReadDeadline(s.deadline()); err != nil {
		return 0, err
	}
	return s.Conn.Read(b)
}

func (s *socket) Write(b []byte) (int, error) {
	if err := s.Conn.SetWriteDeadline(s.deadline()); err != nil {
		return 0, err
	}
	return s.Conn.Write(b)
}

func (s *socket) Close() error {
	if s.closed != nil {
		s.closed()
	}
	return s.Conn.Close()
}
