package sink

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// sessionLife is how long a session is used before the pool opens another one:
// one that is always busy would outlive a revoked password. A run keeps its
// session until it ends.
const sessionLife = 5 * time.Minute

// A URLError is a URL that cannot be read now.
type URLError struct{ Err error }

func (e *URLError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *URLError) Unwrap() error { return e.Err }

// An origin is where the URL of new sessions comes from, and the pools that it
// serves.
type origin struct {
	read func(context.Context) (string, error)

	mu    sync.Mutex
	last  string   // URL of the newest session; "" before the first
	pools []func() // each closes a pool's idle sessions
}

// url reads the URL. A file that does not answer takes no longer than a server.
func (o *origin) url(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	url, err := o.read(ctx)
	if err != nil {
		return "", &Error{Err: &URLError{err}}
	}
	return url, nil
}

// pool makes a pool of at most sessions sessions that keeps idle ones.
func (o *origin) pool(c *connector, sessions, idle int) *sqlx.DB {
	db := sqlx.NewDb(sql.OpenDB(c), "postgres")
	db.SetMaxOpenConns(sessions)
	db.SetMaxIdleConns(idle)
	db.SetConnMaxIdleTime(sessionIdle)
	db.SetConnMaxLifetime(sessionLife)
	o.pools = append(o.pools, func() {
		db.SetMaxIdleConns(0)
		db.SetMaxIdleConns(idle)
	})
	return db
}

// opened notes the URL of a session that has just opened. Where it is another
// one than before, idle sessions are closed: their password may be revoked, or
// they may be at another server.
func (o *origin) opened(url string) {
	o.mu.Lock()
	changed := o.last != "" && o.last != url
	o.last = url
	o.mu.Unlock()
	if !changed {
		return
	}
	for _, closeIdle := range o.pools {
		closeIdle()
	}
}

// fresh returns a pool of one session that does not exist yet. The caller closes it.
func (o *origin) fresh() *sqlx.DB {
	db := sqlx.NewDb(sql.OpenDB(&connector{from: o, silence: controlSilence}), "postgres")
	db.SetMaxOpenConns(1)
	return db
}
