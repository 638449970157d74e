package reader_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/sink/admin"
	"rollcall/sink/reader"
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

// A search finds the same with its index as without.
func TestASearchUsesItsIndex(t *testing.T) {
	db := filled(t, 2000)
	db.SetMaxOpenConns(1)
	fragments := []string{"office1711@", "ÉVANGÉLINE O", "123", "%", "_", `\`, "nothing of that kind"}
	find := func() (found [][]string) {
		for _, f := range fragments {
			found = append(found, ask(t, db, reader.Accounts(reader.Filter{Search: f})).each(name))
		}
		return found
	}
	without := find()
	if len(without[0]) != 1 || len(without[1]) < 2 || len(without[2]) < 2 {
		t.Fatalf("found %d, %d, %d", len(without[0]), len(without[1]), len(without[2]))
	}
	if err := admin.IndexSearch(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	must(t, db, `ANALYZE directory.accounts`)
	if diff := cmp.Diff(without, find()); diff != "" {
		t.Errorf("found (-without +with the index):\n%s", diff)
	}
	tx := db.MustBegin()
	defer tx.Rollback()
	tx.MustExec(`SET LOCAL enable_seqscan = off`) // of few accounts
	var plan []string
	if err := tx.Select(&plan, `EXPLAIN SELECT * FROM directory.accounts WHERE name ILIKE '%office1711@%' OR email ILIKE '%office1711@%'`); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(plan, "\n"), "accounts_search_idx") {
		t.Errorf("the index is not used:\n%s", strings.Join(plan, "\n"))
	}
}
