package sink

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// ManualWait is how long a person's command waits for a run of the connection:
// longer than most scheduled runs take.
const ManualWait = 30 * time.Second

// A Start says which run begins.
type Start struct {
	Source   string // name of the connection
	Provider string
	Trigger  string        // schedule, manual, backfill or hook
	Wait     time.Duration // how long to wait for another run of the connection
	Plan     bool          // compare only: the run leaves no row and cannot apply
	Tick     bool          // the run is that of the connection's open tick
	Patience time.Duration // how long to wait for sessions; 0 is ManualWait
	Warn     func(error)   // is called when the run has to wait for a session; may be nil

	Resumable *Resumable // keeps checkpoints and resumes from one; nil does neither
}

// A Run holds one connection from Begin to Close, on one session that carries
// its lock. It serves one goroutine at a time.
type Run struct {
	ID     int64
	Source string

	start    Start
	identity string // host and provider account of the accounts so far
	empty    bool   // the directory has no account of the source

	*session
	seen    seen
	compare comparison
	staging *staging
}

// Begin takes the connection for a run. It returns ErrBusy when another run
// still holds it after Wait, and ErrBegun when its tick is not open.
func Begin(ctx context.Context, db *sqlx.DB, s Start) (*Run, error) {
	session, err := openSession(ctx, db, s.Source, cmp.Or(s.Patience, ManualWait), s.Warn)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	r := &Run{Source: s.Source, start: s, session: session, seen: newSeen(), staging: &staging{session: session}}
	if err := r.begin(ctx); err != nil {
		r.discard()
		return nil, wrap(ctx, err)
	}
	return r, nil
}

func (r *Run) begin(ctx context.Context) error {
	s := r.start
	if err := r.register(ctx, s.Provider); err != nil {
		return err
	}
	if err := r.lock(ctx, s.Wait, s.Warn); err != nil {
		return err
	}
	if err := r.refreshDue(ctx); err != nil {
		return err
	}
	var err error
	if s.Plan {
		err = r.conn.GetContext(ctx, &r.ID, `SELECT pg_catalog.nextval(pg_catalog.pg_get_serial_sequence('directory.runs', 'id'))`)
	} else {
		err = r.conn.GetContext(ctx, &r.ID, statement("begin"), s.Source, s.Provider, s.Trigger, s.Tick)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return ErrBegun
	}
	if err != nil {
		return err
	}
	r.staging.runID = r.ID
	err = r.conn.QueryRowxContext(ctx, statement("connection_state"), s.Source, r.connection).
		Scan(&r.identity, &r.empty, &r.staging.table, &r.staging.hasCheckpoints)
	if err != nil {
		return err
	}
	if err := r.resume(ctx); err != nil {
		return err
	}
	return r.staging.clearLeftovers(ctx)
}

// Brings reports whether the listing named accounts that are not live yet.
func (r *Run) Brings() bool { return r.seen.created > 0 || !r.seen.returned.IsEmpty() }

// Identity returns the host and provider account that the source's accounts
// came from so far, "" where that is not known yet.
func (r *Run) Identity() string { return r.identity }

// Distinct returns how many accounts the run has seen, where none came twice,
// plus the records without an id.
func (r *Run) Distinct() int64 { return r.seen.total() }

// Fetched returns how many accounts and records without an id the run has read so
// far, those before a checkpoint included.
func (r *Run) Fetched() int64 { return r.staging.resumed.unchanged + r.seen.total() }

// Reset forgets what the run has seen and deletes what it has staged, to read the
// listing again.
func (r *Run) Reset(ctx context.Context) error {
	if err := r.staging.unstage(ctx); err != nil {
		return wrap(ctx, err)
	}
	r.seen = newSeen()
	r.staging.seq, r.staging.rejects, r.staging.chunks = 0, 0, 0
	_, err := r.conn.ExecContext(ctx, `DELETE FROM directory_internal.chunk_cache WHERE run_id = $1`, r.ID)
	return wrap(ctx, err)
}

// Skip records that a manual sync found another run in progress.
func Skip(ctx context.Context, db *sqlx.DB, source string) error {
	_, err := db.ExecContext(ctx, statement("skip"), source)
	return wrap(ctx, err)
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

// Close deletes what was staged and not applied, and releases the connection.
func (r *Run) Close(ctx context.Context) {
	r.close(ctx, func(ctx context.Context) error {
		if r.compare.prepared != nil {
			_ = r.compare.prepared.Close() // a broken session shows below
		}
		if r.staging.saved || r.staging.seq == 0 && r.staging.rejects == 0 {
			return nil
		}
		return r.staging.unstage(ctx)
	})
}
