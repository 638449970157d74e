package admin

import (
	"testing"
	"time"
)

// Rows that a clock wrote before it was set back do not keep others from being
// removed.
func TestSweepAfterAClockWasSetBack(t *testing.T) {
	t.Parallel()
	db := directory(t)
	const ahead = `clock_timestamp() + interval '1 year'`
	db.MustExec(`INSERT INTO directory_internal.housekeeping (swept_at) VALUES (` + ahead + `)`)
	db.MustExec(`INSERT INTO directory.runs (source, trigger, status, complete, started_at, finished_at)
		SELECT 'old', 'manual', 'succeeded', true, at, at FROM (VALUES (1, ` + ahead + `), (2, now() - interval '99 days'), (3, now())) AS r (n, at) ORDER BY n`)
	db.MustExec(`INSERT INTO directory.rejects (run_id, source, external_id, reason, first_seen_at, last_seen_at, resolved_at)
		SELECT id, source, id::text, 'bad', now(), now(), ` + ahead + ` FROM directory.runs`)
	swept, err := Sweep(t.Context(), db, 90*24*time.Hour)
	var resolved int
	if err == nil { // in any order
		err = db.GetContext(t.Context(), &resolved, `SELECT count(*) FROM directory.rejects j WHERE EXISTS (SELECT FROM directory.runs r WHERE r.id = j.run_id)`)
	}
	if err != nil || swept.Runs != 2 || resolved != 1 {
		t.Errorf("swept %+v, %d rejects are left of a run that is kept: %v", swept, resolved, err)
	}
}
