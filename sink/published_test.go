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
