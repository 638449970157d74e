package sink

import "testing"

// Every logged table has a primary key or a replica identity, so that the schemas
// can be published.
func TestEveryLoggedTableCanBePublished(t *testing.T) {
	t.Parallel()
	db := directory(t)
	var tables []string
	err := db.Select(&tables, `SELECT c.oid::regclass::text FROM pg_class c
		WHERE c.relnamespace IN ('directory'::regnamespace, 'directory_internal'::regnamespace)
		  AND c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
		  AND c.relreplident <> 'f'
		  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid
		                  AND (c.relreplident = 'd' AND i.indisprimary OR c.relreplident = 'i' AND i.indisreplident))`)
	if err != nil || len(tables) > 0 {
		t.Errorf("without a replica identity: %q, %v", tables, err)
	}
}

// A table that is published on its own is migrated as any other.
func TestAPublishedDirectoryIsMigrated(t *testing.T) {
	t.Parallel()
	db := migratedTo(t, 12)
	db.MustExec(`CREATE PUBLICATION chosen FOR TABLE directory.rejects, directory_internal.seen_chunk, directory_internal.staged_account`)
	db.MustExec(`INSERT INTO directory.rejects (run_id, source, reason, first_seen_at, last_seen_at) VALUES (1, 'acme', 'then', now(), now())`)
	if err := (Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.MustExec(`UPDATE directory.rejects SET resolved_at = now() WHERE id = 1`)
}
