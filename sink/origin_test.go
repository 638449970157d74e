package sink

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink/sinktest"
)

// A rotation is a URL that changes while a pool is open.
type rotation struct {
	*testing.T
	admin *sqlx.DB

	mu    sync.Mutex
	next  []string // what the next reads give; the last one stays
	fails error
}

func (r *rotation) read(context.Context) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails != nil {
		return "", r.fails
	}
	now := r.next[0]
	if len(r.next) > 1 {
		r.next = r.next[1:]
	}
	return now, nil
}

func (r *rotation) to(fails error, urls ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next, r.fails = urls, fails
}

// as makes a role that owns the directory with the others, and returns its URL.
func (r *rotation) as(base, role string) string {
	r.Helper()
	r.admin.MustExec(fmt.Sprintf(`CREATE ROLE %s LOGIN IN ROLE %s`, role, "postgres"))
	r.Cleanup(func() { r.admin.MustExec(`DROP ROLE ` + role) })
	u, err := url.Parse(base)
	if err != nil {
		r.Fatal(err)
	}
	u.User = url.User(role)
	return u.String()
}

func rotating(t *testing.T) (r *rotation, first, second string, pool *sqlx.DB) {
	t.Helper()
	base := sinktest.URL(t)
	admin, err := Open(t.Context(), base, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	if err := (Migration{DB: admin, ReaderRole: "rotation_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r = &rotation{T: t, admin: admin}
	suffix := strings.ToLower(strings.ReplaceAll(t.Name(), "/", "_"))
	first, second = r.as(base, suffix+"_1"), r.as(base, suffix+"_2")
	r.to(nil, first)
	if pool, err = OpenFrom(t.Context(), r.read, 4); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	return r, first, second, pool
}

func (r *rotation) user(db *sqlx.DB) (name string) {
	r.Helper()
	if err := db.GetContext(r.Context(), &name, `SELECT session_user`); err != nil {
		r.Fatal(err)
	}
	return name
}

func userOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u.User.Username()
}

// A new session has the URL as it is now; idle sessions of the old one close then.
func TestRotatedURL(t *testing.T) {
	t.Parallel()
	r, first, second, pool := rotating(t)
	if got := r.user(ControlPool(pool)); got != userOf(t, first) {
		t.Fatalf("the first session is %s's", got)
	}
	r.to(nil, second)
	if got := r.user(pool); got != userOf(t, first) {
		t.Errorf("an idle session is not used again: %s", got)
	}
	busy, err := pool.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := r.user(pool); got != userOf(t, second) {
		t.Errorf("a new session is %s's", got)
	}
	if got := r.user(ControlPool(pool)); got != userOf(t, second) {
		t.Errorf("the control pool keeps a session of %s", got)
	}
	if err := busy.Close(); err != nil {
		t.Errorf("a session in use was closed: %v", err)
	}
}

// A URL that changes between its reading and the server's refusal is read again.
func TestRefusedWhileRotating(t *testing.T) {
	t.Parallel()
	r, first, second, pool := rotating(t)
	r.admin.MustExec(`ALTER ROLE ` + userOf(t, first) + ` NOLOGIN`)
	r.to(nil, first, second)
	if err := Ready(t.Context(), pool); err != nil {
		t.Errorf("a rotated URL is refused: %v", err)
	}
	r.to(nil, first)
	if err := Ready(t.Context(), pool); err == nil || !strings.Contains(err.Error(), "refused the user or the password") {
		t.Errorf("a URL that is refused twice: %v", err)
	}
}

// Ready opens a session: that others are open says nothing about a new one.
func TestReadyOpensASession(t *testing.T) {
	t.Parallel()
	r, first, second, pool := rotating(t)
	for name, c := range map[string]struct {
		before func()
		want   string
	}{
		"a role that may not log in":      {func() { r.admin.MustExec(`ALTER ROLE ` + userOf(t, first) + ` NOLOGIN`) }, "refused the user"},
		"a URL that cannot be read":       {func() { r.to(errors.New("DATABASE_URL_FILE: gone")) }, "DATABASE_URL_FILE: gone"},
		"a database that takes no writes": {func() { r.to(nil, second+"&default_transaction_read_only=on") }, "read-only"},
		"another database, without a directory": {func() {
			other, err := url.Parse(second)
			if err != nil {
				t.Fatal(err)
			}
			other.Path = "/postgres"
			r.to(nil, other.String())
		}, "rollcall migrate up"},
	} {
		r.to(nil, first)
		r.admin.MustExec(`ALTER ROLE ` + userOf(t, first) + ` LOGIN`)
		if err := Ready(t.Context(), pool); err != nil {
			t.Fatalf("%s: before: %v", name, err)
		}
		c.before()
		if err := Ready(t.Context(), pool); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// A server that takes a connection and says nothing keeps nobody for longer than
// the caller waits.
func TestOpeningEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	taken := make(chan net.Conn, 1)
	go func() {
		if conn, err := silent.Accept(); err == nil {
			taken <- conn
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := Open(ctx, "postgres://nobody@"+silent.Addr().String()+"/x?sslmode=disable&connect_timeout=600", 1)
		ended <- err
	}()
	defer (<-taken).Close()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
	case <-time.After(connectTimeout / 2):
		t.Error("the opening outlives its context")
	}
}
