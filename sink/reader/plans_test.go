package reader_test

import (
	"testing"
)

// What is promised to answer in milliseconds reads neither all accounts nor all
// of their history.
func TestQuestionsAreAnsweredByIndexes(t *testing.T) {
	db := filled(t, 5000)
	for _, q := range benchQuestions(5000) {
		if q.all {
			continue
		}
		t.Run(q.name, func(t *testing.T) {
			tx, err := db.Beginx()
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			const scans = `SELECT coalesce(sum(seq_scan), 0) FROM pg_stat_xact_all_tables
				WHERE relid IN ('directory.accounts'::regclass, 'directory_internal.account_version'::regclass)`
			// A worker's scans would not be among the transaction's.
			tx.MustExec(`SET LOCAL max_parallel_workers_per_gather = 0`)
			var before, after int
			if err := tx.Get(&before, scans); err != nil {
				t.Fatal(err)
			}
			res := tx.MustExec(q.text, q.args...)
			if rows, _ := res.RowsAffected(); rows == 0 {
				t.Error("nothing is found, so this shows nothing")
			}
			if err := tx.Get(&after, scans); err != nil || after > before {
				t.Errorf("%d scans of whole tables, %v", after-before, err)
			}
		})
	}
}
