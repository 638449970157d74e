package sink

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"
)

const (
	// truncateFrom is the number of staged rows from which truncating the table is
	// cheaper than deleting them, and worth a new file in the catalog.
	truncateFrom = 10_000

	// maxStaging is how large a staging table may get in bytes, TOAST included,
	// before it is truncated: no autovacuum makes room in it.
	maxStaging = 8 << 20

	// truncateWait is how long a run waits for whoever reads its staging table,
	// such as pg_dump, before it deletes the rows instead.
	truncateWait = "1s"
)

// stagingTable creates the connection's staging table when it is first needed.
func (r *Run) stagingTable(ctx context.Context) error {
	if r.staging != "" {
		return nil
	}
	name := fmt.Sprintf("staged_%d", r.connection)
	_, err := r.conn.ExecContext(ctx, `CREATE UNLOGGED TABLE IF NOT EXISTS directory_internal.`+name+
		` (LIKE directory_internal.staged_account INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS) WITH (autovacuum_enabled = false)`)
	r.staging = name
	return err
}

// stagingSize is the size of the staging table: of its rows, and of all of it.
const stagingSize = `SELECT pg_catalog.pg_relation_size($1::regclass), pg_catalog.pg_total_relation_size($1::regclass)`

// clearLeftovers empties the staging table of what a killed run left, and keeps it
// from growing over many runs, which delete what they do not apply.
func (r *Run) clearLeftovers(ctx context.Context) error {
	var rows, total int64
	err := r.conn.QueryRowxContext(ctx, stagingSize, "directory_internal."+r.staging).Scan(&rows, &total)
	if err != nil || rows == 0 && total <= maxStaging {
		return err
	}
	if r.checkpoints { // their rows stay
		if _, err := r.conn.ExecContext(ctx, r.statement(statement("clear_leftovers")), r.connection); err != nil || total <= maxStaging {
			return err
		}
		_, err = r.conn.ExecContext(ctx, r.statement(`VACUUM (SKIP_LOCKED) {staged}`))
		return err
	}
	if total > maxStaging {
		_, err := r.conn.ExecContext(ctx, r.statement(`SELECT pg_catalog.set_config('lock_timeout', '`+truncateWait+`', true); TRUNCATE {staged}`))
		if !isLocked(err) {
			return err
		}
	}
	_, err = r.conn.ExecContext(ctx, r.statement(`DELETE FROM {staged}`))
	return err
}

// clearStaged removes what the run staged, all of which is applied.
func (a *applying) clearStaged(ctx context.Context) error {
	if a.seq == 0 {
		return nil
	}
	var rows, total int64
	if a.seq < truncateFrom {
		if err := a.tx.QueryRowContext(ctx, stagingSize, "directory_internal."+a.staging).Scan(&rows, &total); err != nil {
			return err
		}
	}
	if a.seq >= truncateFrom || total > maxStaging {
		truncated, err := a.truncate(ctx)
		if truncated || err != nil {
			return err
		}
	}
	_, err := a.tx.ExecContext(ctx, a.statement(`DELETE FROM {staged} WHERE run_id = $1`), a.stagedBy)
	return err
}

// truncate truncates the staging table, unless somebody reads it: the rows that
// the transaction has locked must not wait for a dump.
func (a *applying) truncate(ctx context.Context) (done bool, err error) {
	if _, err := a.tx.ExecContext(ctx, `SAVEPOINT truncating`); err != nil {
		return false, err
	}
	_, err = a.tx.ExecContext(ctx, a.statement(`LOCK TABLE {staged} IN ACCESS EXCLUSIVE MODE NOWAIT`))
	if isLocked(err) {
		_, err = a.tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT truncating`)
		return false, err
	}
	if err == nil {
		_, err = a.tx.ExecContext(ctx, a.statement(`TRUNCATE {staged}`))
	}
	return err == nil, err
}

// isLocked reports whether a statement gave up a lock that another session holds.
func isLocked(err error) bool {
	var refusal *pq.Error
	return errors.As(err, &refusal) && refusal.Code == "55P03"
}
