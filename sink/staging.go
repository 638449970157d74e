package sink

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

const (
	// truncateFrom is the number of staged rows from which truncating the table is
	// cheaper than deleting them, and worth a new file in the catalog.
	truncateFrom = 10_000

	// maxStaging is how large a staging table may get in bytes, TOAST included,
	// before it is truncated: no autovacuum makes room in it.
	maxStaging = 8 << 20

	// truncateWait is how long a run waits for a reader of its staging table, such
	// as pg_dump, before it deletes the rows instead.
	truncateWait = "1s"
)

// staging is what a run keeps in Postgres until it is applied: accounts in a table
// of the connection's own, rejects, and chunks of the listing.
type staging struct {
	*session
	table string // name of the staging table; "" before there is one
	runID int64  // the run whose rows they are: this one, or the one that it resumes

	seq     int64 // of the last staged account
	rejects int64
	chunks  int64 // that the listing before did not have

	resumed        Mark // the checkpoint that the run resumed from
	saved          bool // a checkpoint needs the rows
	hasCheckpoints bool // the connection has some
}

// statement fills in the name of the staging table.
func (s *staging) statement(text string) string {
	return strings.ReplaceAll(text, "{staged}", "directory_internal."+s.table)
}

// create creates the staging table, unless it exists.
func (s *staging) create(ctx context.Context) error {
	if s.table != "" {
		return nil
	}
	s.table = fmt.Sprintf("staged_%d", s.connection)
	_, err := s.conn.ExecContext(ctx, s.statement(statement("staging_table")))
	return err
}

// size returns the sizes of the staging table in bytes: of its rows, and of all of it.
func (s *staging) size(ctx context.Context, q sqlx.QueryerContext) (rows, total int64, err error) {
	const query = `SELECT pg_catalog.pg_relation_size($1::regclass), pg_catalog.pg_total_relation_size($1::regclass)`
	err = q.QueryRowxContext(ctx, query, "directory_internal."+s.table).Scan(&rows, &total)
	return rows, total, err
}

// clearLeftovers removes what a killed run left in the staging table, and keeps the
// table from growing over runs that delete their rows.
func (s *staging) clearLeftovers(ctx context.Context) error {
	if s.table == "" {
		return nil
	}
	rows, total, err := s.size(ctx, s.conn)
	if err != nil || rows == 0 && total <= maxStaging {
		return err
	}
	if s.hasCheckpoints { // their rows stay
		if _, err := s.conn.ExecContext(ctx, s.statement(statement("clear_leftovers")), s.connection); err != nil || total <= maxStaging {
			return err
		}
		_, err = s.conn.ExecContext(ctx, s.statement(`VACUUM (SKIP_LOCKED) {staged}`))
		return err
	}
	if total > maxStaging {
		_, err := s.conn.ExecContext(ctx, s.statement(`SELECT pg_catalog.set_config('lock_timeout', '`+truncateWait+`', true); TRUNCATE {staged}`))
		if !isLocked(err) {
			return err
		}
	}
	_, err = s.conn.ExecContext(ctx, s.statement(`DELETE FROM {staged}`))
	return err
}

// clearApplied removes the staged accounts in the transaction that applied them.
func (s *staging) clearApplied(ctx context.Context, tx *sqlx.Tx) error {
	if s.seq == 0 {
		return nil
	}
	var total int64
	var err error
	if s.seq < truncateFrom {
		if _, total, err = s.size(ctx, tx); err != nil {
			return err
		}
	}
	if s.seq >= truncateFrom || total > maxStaging {
		truncated, err := s.truncate(ctx, tx)
		if truncated || err != nil {
			return err
		}
	}
	return s.deleteAccounts(ctx, tx)
}

// truncate truncates the staging table, unless a session reads it: the rows that
// the transaction has locked must not wait for a dump.
func (s *staging) truncate(ctx context.Context, tx *sqlx.Tx) (done bool, err error) {
	if _, err := tx.ExecContext(ctx, `SAVEPOINT truncating`); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, s.statement(`LOCK TABLE {staged} IN ACCESS EXCLUSIVE MODE NOWAIT`))
	if isLocked(err) {
		_, err = tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT truncating`)
		return false, err
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, s.statement(`TRUNCATE {staged}`))
	}
	return err == nil, err
}

// deleteAccounts deletes the run's staged accounts.
func (s *staging) deleteAccounts(ctx context.Context, e sqlx.ExecerContext) error {
	_, err := e.ExecContext(ctx, s.statement(`DELETE FROM {staged} WHERE run_id = $1`), s.runID)
	return err
}

// deleteRejects deletes the run's staged rejects.
func (s *staging) deleteRejects(ctx context.Context, e sqlx.ExecerContext) error {
	_, err := e.ExecContext(ctx, `DELETE FROM directory_internal.staged_reject WHERE run_id = $1`, s.runID)
	return err
}

// unstage deletes what the run staged and did not apply.
func (s *staging) unstage(ctx context.Context) error {
	if s.table != "" {
		if err := s.deleteAccounts(ctx, s.conn); err != nil {
			return err
		}
	}
	return s.deleteRejects(ctx, s.conn)
}

// drop deletes everything that is staged for the connection, with its checkpoints.
func (s *staging) drop(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM directory_internal.checkpoint WHERE connection_id = $1`, s.connection); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM directory_internal.staged_reject WHERE source = $1`, s.source); err != nil || s.table == "" {
		return err
	}
	_, err := tx.ExecContext(ctx, s.statement(`DELETE FROM {staged}`))
	return err
}

// isLocked reports whether a statement gave up a lock that another session holds.
func isLocked(err error) bool { return pq.As(err, pqerror.LockNotAvailable) != nil }
