package sink

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/model"
)

const (
	bigPayload = 100 << 10 // bytes, which do not compress
	bigRun     = 100       // accounts: more than maxStaging
)

// big is accounts with payloads that were never seen before.
func big(t testing.TB) (list []model.Account) {
	t.Helper()
	random := make([]byte, bigPayload*3/4)
	for i := range bigRun {
		_, _ = rand.Read(random) // never an error
		text := base64.StdEncoding.EncodeToString(random)
		a := named(fmt.Sprint("x", i), "X")
		a.Payload, a.Fingerprint = []byte(`{"text":"`+text+`"}`), print(text)
		list = append(list, a)
	}
	return list
}

func stagedBytes(t testing.TB, db *sqlx.DB) (n int64) {
	t.Helper()
	err := db.Get(&n, `SELECT pg_total_relation_size('directory_internal.staged_' || id) FROM directory_internal.connection WHERE name = 'acme'`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Over many runs with large payloads, however they end, a staging table stays
// within maxStaging and the size of the last two.
func TestAStagingTableDoesNotGrow(t *testing.T) {
	t.Parallel()
	for what, end := range map[string]func(t *testing.T, db *sqlx.DB, r *Run){
		"applied": func(t *testing.T, _ *sqlx.DB, r *Run) { r.apply(t); r.Close(t.Context()) },
		"failed":  func(t *testing.T, _ *sqlx.DB, r *Run) { r.Close(t.Context()) },
		"killed":  func(_ *testing.T, _ *sqlx.DB, r *Run) { r.discard() },
		"with checkpoint": func(t *testing.T, db *sqlx.DB, r *Run) {
			db.MustExec(`INSERT INTO directory_internal.checkpoint (connection_id, period, run_id, conditions, cursor, seq, rejects, without_id, unchanged, pages, saved_at)
				VALUES ($1, '', 0, '', '', 0, 0, 0, 0, 0, now()) ON CONFLICT DO NOTHING`, r.connection)
			r.Close(t.Context())
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			db := directory(t)
			for i := range 4 {
				patient := manual
				patient.Wait = ManualWait // for the session of the killed run to end
				r, err := Begin(t.Context(), db, patient)
				if err != nil {
					t.Fatal(err)
				}
				r.read(t, big(t)...)
				end(t, db, r)
				if size := stagedBytes(t, db); size > maxStaging+2*bigRun*bigPayload {
					t.Fatalf("after run %d: %d MB", i+1, size>>20)
				}
			}
		})
	}
}

// A run does not wait for a dump that reads its staging table.
func TestARunDoesNotWaitForADump(t *testing.T) {
	t.Parallel()
	db := directory(t)
	r := begin(t, db)
	r.read(t, big(t)...)
	r.Close(t.Context())
	dump, err := db.Beginx()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dump.Rollback() }()
	if _, err := dump.Exec(`LOCK TABLE directory_internal.` + r.staging.table + ` IN ACCESS SHARE MODE`); err != nil {
		t.Fatal(err)
	}
	r = begin(t, db)
	r.read(t, big(t)...)
	if report := r.apply(t); report.Created != bigRun {
		t.Errorf("%+v", report)
	}
	r.Close(t.Context())
	var rows int
	if err := db.Get(&rows, `SELECT count(*) FROM directory_internal.`+r.staging.table); err != nil || rows > 0 {
		t.Errorf("%d rows stayed, %v", rows, err)
	}
}
