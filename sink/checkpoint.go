package sink

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// checkpointLife is how long a checkpoint is good: a listing put together of
// pages read further apart tells of no moment at all.
const checkpointLife = 24 * time.Hour

// Resumable says that a run keeps checkpoints, and from which it may go on.
type Resumable struct {
	Period     string // the window that is listed; "" is all
	Conditions []byte // hash of all that must be as it was then
	Restart    bool   // goes on from none
}

// A Mark is a place in a listing up to which all that is to be staged is known.
type Mark struct {
	Cursor string // continues the listing; "" is its beginning
	Pages  int64

	seq, rejects, noID, unchanged int64
}

// Records returns how many accounts were met up to the mark.
func (m Mark) Records() int64 { return m.seq + m.noID + m.unchanged }

// Resumed returns where the run goes on; the zero Mark is the beginning.
func (r *Run) Resumed() Mark { return r.resumed }

// Resumable tells whether the run keeps checkpoints.
func (r *Run) Resumable() bool { return r.start.Resumable != nil && !r.start.Plan }

// Mark returns the place behind the page that was compared last.
func (r *Run) Mark(cursor string, pages int64) Mark {
	return Mark{
		Cursor: cursor, Pages: pages, seq: r.seq, rejects: r.rejects, noID: r.noID,
		unchanged: r.resumed.unchanged + int64(r.seen.GetCardinality()-r.restaged.GetCardinality()),
	}
}

// Save writes a checkpoint: all up to m has been staged.
func (r *Run) Save(ctx context.Context, m Mark) error {
	_, err := r.conn.ExecContext(ctx, statement("checkpoint_save"), r.connection, r.start.Resumable.Period, r.stagedBy,
		r.start.Resumable.Conditions, m.Cursor, m.seq, m.rejects, m.noID, m.unchanged, m.Pages)
	if err == nil {
		r.saved, r.checkpoints = true, true
	}
	return wrap(ctx, err)
}

// takeUp goes on from the checkpoint that fits the run, if there is one, and
// drops those that are no good any more.
func (r *Run) takeUp(ctx context.Context) error {
	if r.stagedBy = r.ID; !r.checkpoints || r.start.Plan {
		return nil
	}
	// One that was saved in the future is of a clock that was set back since.
	const old = `DELETE FROM directory_internal.checkpoint WHERE connection_id = $1
		AND saved_at NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2) AND pg_catalog.clock_timestamp() + interval '1 minute'`
	if _, err := r.conn.ExecContext(ctx, old, r.connection, checkpointLife.Seconds()); err != nil || r.start.Resumable == nil {
		return err
	}
	var m Mark
	var at time.Time
	err := sql.ErrNoRows
	if !r.start.Resumable.Restart {
		err = r.conn.QueryRowContext(ctx, statement("checkpoint_find"), r.connection, r.start.Resumable.Period, r.start.Resumable.Conditions).
			Scan(&r.stagedBy, &m.Cursor, &m.seq, &m.rejects, &m.noID, &m.unchanged, &m.Pages, &at)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	whole := err == nil
	if whole {
		if whole, err = r.stagedUpTo(ctx, m); err != nil {
			return err
		}
	}
	if !whole {
		r.stagedBy = r.ID
		_, err := r.conn.ExecContext(ctx, `DELETE FROM directory_internal.checkpoint WHERE connection_id = $1 AND period = $2`, r.connection, r.start.Resumable.Period)
		return err
	}
	return r.goOn(ctx, m)
}

// stagedUpTo tells whether all that was staged up to m is there: a crash of the
// server empties unlogged tables.
func (r *Run) stagedUpTo(ctx context.Context, m Mark) (bool, error) {
	if r.staging == "" {
		return m.seq == 0 && m.rejects == 0, nil
	}
	var rows, rejects int64
	err := r.conn.QueryRowContext(ctx, r.statement(statement("checkpoint_rows")), r.stagedBy, m.seq, m.rejects, int64(fullDetail)).Scan(&rows, &rejects)
	return rows == m.seq && rejects == m.rejects, err
}

// goOn takes over what was staged up to m.
func (r *Run) goOn(ctx context.Context, m Mark) error {
	r.resumed, r.saved = m, true
	r.seq, r.rejects, r.noID = m.seq, m.rejects, m.noID
	if r.staging == "" {
		return nil
	}
	if _, err := r.conn.ExecContext(ctx, r.statement(statement("checkpoint_cut")), r.stagedBy, m.seq, m.rejects, int64(fullDetail)); err != nil {
		return err
	}
	rows, err := r.conn.QueryContext(ctx, r.statement(statement("checkpoint_seen")), r.stagedBy, int64(fullDetail))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id uint64
		var known, full, deleted bool
		if err := rows.Scan(&id, &known, &full, &deleted); err != nil {
			return err
		}
		if !known {
			r.created++
			continue
		}
		r.again = !r.restaged.CheckedAdd(id) || r.again
		r.seen.Add(id)
		if full {
			r.full.Add(id)
		}
		if deleted {
			r.returned.Add(id)
		}
	}
	return rows.Err()
}

// voidCheckpoints drops the connection's checkpoints, since the directory is
// about to differ from what their rows were compared with, and what they tell of.
func (a *applying) voidCheckpoints(ctx context.Context) error {
	if !a.checkpoints {
		return nil
	}
	return a.drop(ctx)
}

// drop drops all that is staged for the connection, with its checkpoints.
func (a *applying) drop(ctx context.Context) error {
	if _, err := a.tx.ExecContext(ctx, `DELETE FROM directory_internal.checkpoint WHERE connection_id = $1`, a.connection); err != nil {
		return err
	}
	if _, err := a.tx.ExecContext(ctx, `DELETE FROM directory_internal.staged_reject WHERE source = $1`, a.Source); err != nil || a.staging == "" {
		return err
	}
	_, err := a.tx.ExecContext(ctx, a.statement(`DELETE FROM {staged}`))
	return err
}
