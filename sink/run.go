package sink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/jmoiron/sqlx"
)

// lockClass is the first key of rollcall's advisory locks; the second is the
// connection's id, and 0 guards what is not a connection's.
const lockClass = 0x726f6c6c // "roll"

// lockPoll is how often a held lock is tried again. Waiting inside of Postgres
// would hold a snapshot open.
const lockPoll = 200 * time.Millisecond

// A Start says what a run is of.
type Start struct {
	Source   string // name of the connection
	Provider string
	Trigger  string        // schedule, manual, backfill or hook
	Wait     time.Duration // how long to wait for another run of the connection
	Plan     bool          // compare only: the run leaves no row and cannot apply
	Tick     bool          // the run is that of the connection's open tick
	Patience time.Duration // how long to wait for sessions; 0 is handWait
	Warn     func(error)   // is called when the run has to wait for a session; may be nil

	Resumable *Resumable // keeps checkpoints and goes on from one; nil does neither
}

// A Run holds one connection from Begin to Close, on one session that carries
// its lock. It serves one goroutine at a time.
type Run struct {
	ID     int64
	Source string

	start      Start
	db         *sqlx.DB
	conn       *sqlx.Conn
	connection int    // directory_internal.connection.id
	identity   string // that the accounts so far came from
	empty      bool   // no account of the source is known
	lease      *lease // keeps the lock for as long as the process is heard of
	staging    string // its staging table; "" before it is needed

	asked   bool      // about a page
	compare *sql.Stmt // of compare.sql, from the second page on

	stagedBy    int64 // the run that its rows are staged under: itself, or the one that it goes on from
	resumed     Mark  // where it went on
	saved       bool  // its rows are kept for a checkpoint
	checkpoints bool  // the connection has some

	seen     *roaring64.Bitmap // ids of known accounts that the listing named
	full     *roaring64.Bitmap // those of them whose record was of full detail
	restaged *roaring64.Bitmap // those of them that were staged
	returned *roaring64.Bitmap // those of them that were deleted
	seq      int64             // of the last staged row
	again    bool              // a known account was staged twice
	created  int64             // staged rows of unknown accounts, repeated ones included
	reserved []int64           // ids for accounts to come
	chunks   int64             // that were not seen before
	rejects  int64
	noID     int64 // rejected records without an id, or of unknown accounts
}

// Begin takes the connection for a run. It returns ErrBusy when another run
// still holds it after Wait, and ErrBegun when the tick it is of is not open.
func Begin(ctx context.Context, db *sqlx.DB, s Start) (_ *Run, err error) {
	r := &Run{
		Source: s.Source, start: s, db: db,
		seen: roaring64.New(), full: roaring64.New(), restaged: roaring64.New(), returned: roaring64.New(),
	}
	if err := r.connect(ctx); err != nil {
		return nil, wrap(ctx, err)
	}
	defer func() {
		if err != nil {
			r.discard()
			err = wrap(ctx, err)
		}
	}()
	if err := r.register(ctx); err != nil {
		return nil, err
	}
	if err := r.lock(ctx); err != nil {
		return nil, err
	}
	if err := r.refreshDue(ctx); err != nil {
		return nil, err
	}
	if s.Plan {
		err = r.conn.GetContext(ctx, &r.ID, `SELECT pg_catalog.nextval(pg_catalog.pg_get_serial_sequence('directory.runs', 'id'))`)
	} else {
		err = r.conn.GetContext(ctx, &r.ID, statement("begin"), s.Source, s.Provider, s.Trigger, s.Tick)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrBegun
	}
	if err != nil {
		return nil, err
	}
	err = r.conn.QueryRowxContext(ctx, statement("known_so_far"), s.Source, r.connection).Scan(&r.identity, &r.empty, &r.staging, &r.checkpoints)
	if err == nil {
		err = r.takeUp(ctx)
	}
	if err == nil && r.staging != "" {
		err = r.clearLeftovers(ctx)
	}
	return r, err
}

// connect takes a session, and first has the control open one: a run whose signs of
// life find no session would be taken for dead.
func (r *Run) connect(ctx context.Context) error {
	patience := r.start.Patience
	if patience == 0 {
		patience = handWait
	}
	return patiently(ctx, patience, r.start.Warn, func() error {
		if control := ControlPool(r.db); control.Stats().OpenConnections == 0 {
			if err := control.PingContext(ctx); err != nil {
				return err
			}
		}
		return r.take(ctx)
	})
}

// take takes a session that answers: those that lay idle may have ended since,
// with a restart of Postgres all of them.
func (r *Run) take(ctx context.Context) (err error) {
	for idle := r.db.Stats().Idle; ; idle-- {
		if r.conn, err = r.db.Connx(ctx); err != nil {
			return err
		}
		guard := r.guarded(func() {})
		err = r.conn.PingContext(ctx)
		guard.stop()
		if err == nil {
			return nil
		}
		r.discard()
		if idle <= 0 || ctx.Err() != nil {
			return err
		}
	}
}

// register finds the connection's row, or makes it.
func (r *Run) register(ctx context.Context) error {
	const find = `SELECT id FROM directory_internal.connection WHERE name = $1`
	err := r.conn.GetContext(ctx, &r.connection, find, r.Source)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = r.conn.ExecContext(ctx, `INSERT INTO directory_internal.connection (name, provider) VALUES ($1, $2) ON CONFLICT DO NOTHING`, r.Source, r.start.Provider)
	if err != nil {
		return err
	}
	return r.conn.GetContext(ctx, &r.connection, find, r.Source)
}

// lock takes the connection's advisory lock for the session.
func (r *Run) lock(ctx context.Context) error {
	deadline := time.Now().Add(r.start.Wait)
	guard := r.guarded(func() {})
	defer guard.stop()
	var looked time.Time // for a holder that is dead
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		guard.extend(HeartbeatTimeout)
		var held bool
		var pid int
		err := r.conn.QueryRowContext(ctx, `SELECT pg_catalog.pg_try_advisory_lock($1, $2), pg_catalog.pg_backend_pid()`, lockClass, r.connection).Scan(&held, &pid)
		if err != nil {
			return err
		}
		if held {
			r.keepLease(ctx, pid)
			return nil
		}
		if looked.IsZero() && r.start.Wait > 0 && r.start.Warn != nil {
			r.start.Warn(r.busy(ctx))
		}
		if time.Since(looked) >= heartbeatEvery {
			looked = time.Now()
			ended, err := TerminateStale(ctx, ControlPool(r.db), HeartbeatTimeout)
			if err != nil {
				return err
			}
			if soon := time.Now().Add(endedWait); slices.Contains(ended, r.Source) && deadline.Before(soon) {
				deadline = soon
			}
		}
		if time.Now().After(deadline) {
			return r.busy(ctx)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}

// statement fills in the name of the run's staging table.
func (r *Run) statement(text string) string {
	return strings.ReplaceAll(text, "{staged}", "directory_internal."+r.staging)
}

// Empty tells that the directory knew no account of the source when the run
// began.
func (r *Run) Empty() bool { return r.empty }

// Brings tells whether the listing named accounts that are not live yet.
func (r *Run) Brings() bool { return r.created > 0 || !r.returned.IsEmpty() }

// Identity returns the host and provider account that the source's accounts
// came from so far, "" where that is not known yet.
func (r *Run) Identity() string { return r.identity }

// Skip records that a manual sync found another run at work.
func Skip(ctx context.Context, db *sqlx.DB, source string) error {
	_, err := db.ExecContext(ctx, statement("skip"), source)
	return wrap(ctx, err)
}

const (
	// closeTimeout bounds what is told to Postgres after a run has ended, also
	// where it ended because ctx did.
	closeTimeout = 5 * time.Second

	// retryEvery is how often a Postgres that is away is asked again meanwhile:
	// one that restarts is back within seconds.
	retryEvery = 200 * time.Millisecond
)

// retryUntil has ask answered within closeTimeout, also by a Postgres that is away
// at first.
func retryUntil(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	again := time.NewTicker(retryEvery)
	defer again.Stop()
	for {
		err := wrap(ctx, ask(ctx))
		if !IsTransient(err) {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return err
		}
	}
}

// End records that the run ended without applying anything.
func (r *Run) End(ctx context.Context, status, reason string, c Counts) error {
	if r.start.Plan {
		return nil
	}
	return retryUntil(ctx, func(ctx context.Context) error {
		args := []any{r.ID, status, reason, c.Pages, c.Fetched, c.Rejected}
		_, err := r.conn.ExecContext(ctx, statement("end"), args...)
		if err != nil { // the session may be what was lost
			_, err = ControlPool(r.db).ExecContext(ctx, statement("end"), args...)
		}
		return err
	})
}

// Close lets go of the connection and of what was staged.
func (r *Run) Close(ctx context.Context) {
	r.endLease()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	guard := r.guarded(func() {})
	defer guard.stop()
	guard.extend(closeTimeout)
	if r.compare != nil {
		_ = r.compare.Close() // an error is of the session, and shows below
	}
	if (r.seq > 0 || r.rejects > 0) && !r.saved {
		if err := r.unstage(ctx); err != nil {
			r.discard()
			return
		}
	}
	var unlocked bool
	err := r.conn.GetContext(ctx, &unlocked, `SELECT pg_catalog.pg_advisory_unlock($1, $2)`, lockClass, r.connection)
	if err != nil || !unlocked {
		r.discard()
		return
	}
	_ = r.conn.Close()
}

// unstage drops what the run staged and did not apply.
func (r *Run) unstage(ctx context.Context) error {
	if r.staging != "" {
		if _, err := r.conn.ExecContext(ctx, r.statement(`DELETE FROM {staged} WHERE run_id = $1`), r.stagedBy); err != nil {
			return err
		}
	}
	_, err := r.conn.ExecContext(ctx, `DELETE FROM directory_internal.staged_reject WHERE run_id = $1`, r.stagedBy)
	return err
}

// discard closes the session itself, and with it the lock.
func (r *Run) discard() {
	r.endLease()
	_ = r.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = r.conn.Close()
}
