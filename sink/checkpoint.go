package sink

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// checkpointLife is how long a checkpoint is valid: pages that were read further
// apart show the provider at no one moment.
const checkpointLife = 24 * time.Hour

// Resumable says that a run keeps checkpoints, and from which it may resume.
type Resumable struct {
	Period     string // the window that is listed; "" is all
	Conditions []byte // hash of all that must be as it was then
	Restart    bool   // resumes from none
}

// A Mark is a place in a listing up to which everything to be staged is known.
type Mark struct {
	Cursor string // continues the listing; "" is its beginning
	Pages  int64

	seq, rejects, noID, unchanged int64
}

// Records returns how many accounts were read up to the mark.
func (m Mark) Records() int64 { return m.seq + m.noID + m.unchanged }

// Resumed returns where the run resumed; the zero Mark is the beginning.
func (r *Run) Resumed() Mark { return r.staging.resumed }

// Resumable reports whether the run keeps checkpoints.
func (r *Run) Resumable() bool { return r.start.Resumable != nil && !r.start.Plan }

// Mark returns the place behind the page that was compared last.
func (r *Run) Mark(cursor string, pages int64) Mark {
	return Mark{
		Cursor: cursor, Pages: pages, seq: r.staging.seq, rejects: r.staging.rejects, noID: r.seen.noID,
		unchanged: r.staging.resumed.unchanged + r.seen.unchanged(),
	}
}

// Save writes a checkpoint at m, up to which everything was staged.
func (r *Run) Save(ctx context.Context, m Mark) error {
	_, err := r.conn.ExecContext(ctx, statement("checkpoint_save"), r.connection, r.start.Resumable.Period, r.staging.runID,
		r.start.Resumable.Conditions, m.Cursor, m.seq, m.rejects, m.noID, m.unchanged, m.Pages)
	if err == nil {
		r.staging.saved, r.staging.hasCheckpoints = true, true
	}
	return wrap(ctx, err)
}

// resume resumes from the checkpoint that fits the run, if there is one, and
// deletes those that are no longer valid.
func (r *Run) resume(ctx context.Context) error {
	if !r.staging.hasCheckpoints || r.start.Plan {
		return nil
	}
	_, err := r.conn.ExecContext(ctx, statement("checkpoint_expire"), r.connection, checkpointLife.Seconds())
	if err != nil || r.start.Resumable == nil {
		return err
	}
	m, runID, err := r.findCheckpoint(ctx)
	if err != nil {
		return err
	}
	if runID == 0 {
		_, err := r.conn.ExecContext(ctx, `DELETE FROM directory_internal.checkpoint WHERE connection_id = $1 AND period = $2`, r.connection, r.start.Resumable.Period)
		return err
	}
	s := r.staging
	s.runID, s.resumed, s.saved = runID, m, true
	s.seq, s.rejects, r.seen.noID = m.seq, m.rejects, m.noID
	if s.table == "" {
		return nil
	}
	if _, err := s.conn.ExecContext(ctx, s.statement(statement("checkpoint_cut")), runID, m.seq, m.rejects, int64(fullDetail)); err != nil {
		return err
	}
	return r.loadSeen(ctx)
}

// findCheckpoint returns the checkpoint and the run that its rows are staged under;
// 0 where there is none, or not all of its rows are there: a crash of the server
// empties unlogged tables.
func (r *Run) findCheckpoint(ctx context.Context) (m Mark, runID int64, err error) {
	if r.start.Resumable.Restart {
		return m, 0, nil
	}
	var at time.Time
	err = r.conn.QueryRowContext(ctx, statement("checkpoint_find"), r.connection, r.start.Resumable.Period, r.start.Resumable.Conditions).
		Scan(&runID, &m.Cursor, &m.seq, &m.rejects, &m.noID, &m.unchanged, &m.Pages, &at)
	if err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return m, 0, err
	}
	var rows, rejects int64
	if r.staging.table != "" {
		query := r.staging.statement(statement("checkpoint_rows"))
		err = r.conn.QueryRowContext(ctx, query, runID, m.seq, m.rejects, int64(fullDetail)).Scan(&rows, &rejects)
	}
	if err != nil || rows != m.seq || rejects != m.rejects {
		return m, 0, err
	}
	return m, runID, nil
}

// loadSeen fills in what was seen from the rows that were staged.
func (r *Run) loadSeen(ctx context.Context) error {
	query := r.staging.statement(statement("checkpoint_seen"))
	var id int64
	var known, full, deleted bool
	return eachRow(ctx, r.conn, query, []any{r.staging.runID, int64(fullDetail)}, func() error {
		if !known {
			r.seen.created++
			return nil
		}
		r.seen.restage(id)
		r.seen.add(id, !full)
		if deleted {
			r.seen.returned.Add(uint64(id))
		}
		return nil
	}, &id, &known, &full, &deleted)
}

// dropCheckpoints drops the connection's checkpoints: the directory is about to
// differ from what their rows were compared with.
func (s *staging) dropCheckpoints(ctx context.Context, tx *sqlx.Tx) error {
	if !s.hasCheckpoints {
		return nil
	}
	return s.drop(ctx, tx)
}
