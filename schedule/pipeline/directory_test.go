package pipeline

import (
	"time"

	"github.com/google/go-cmp/cmp"
)

var january = time.Date(2024, time.January, 15, 10, 30, 0, 0, time.UTC)

// A row is what tests compare of an account.
type row struct {
	ID      string
	Parent  string // as the provider names it
	Above   string // the parent in the directory, by external id
	Name    string
	Status  string
	Email   string
	Created string
	Deleted bool
}

// directory reads the accounts of acme by external id.
func (r *rig) directory() map[string]row {
	r.t.Helper()
	return r.directoryOf(acme)
}

func (r *rig) directoryOf(source string) map[string]row {
	r.t.Helper()
	var list []row
	r.list(&list, `SELECT a.external_id AS id, coalesce(a.parent_external_id, '') AS parent, coalesce(p.external_id, '') AS above,
			a.name, a.status, coalesce(a.email, '') AS email, a.deleted_at IS NOT NULL AS deleted,
			coalesce(to_char(a.provider_created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '') AS created
		FROM directory.accounts a LEFT JOIN directory.accounts p ON p.id = a.parent_id
		WHERE a.source = $1`, source)
	rows := make(map[string]row, len(list))
	for _, w := range list {
		rows[w.ID] = w
	}
	return rows
}

// placed fills in where the rows belong: the forest that follows from their
// parents.
func placed(rows map[string]row) map[string]row {
	parents := make(map[string]string, len(rows))
	for id, w := range rows {
		parents[id] = w.Parent
	}
	above := forest(parents)
	out := make(map[string]row, len(rows))
	for id, w := range rows {
		w.Above = above[id]
		out[id] = w
	}
	return out
}

// mustEqual compares acme's accounts with rows, whose Above is filled in.
func (r *rig) mustEqual(rows map[string]row) {
	r.t.Helper()
	if diff := difference(placed(rows), r.directory()); diff != "" {
		r.t.Fatalf("the directory is not as the provider (-want +got):\n%s", diff)
	}
}

func difference(want, got any) string { return cmp.Diff(want, got) }

// unchanged runs f and fails the test if acme's accounts differ after it.
func (r *rig) unchanged(f func()) {
	r.t.Helper()
	before, tuples := r.directory(), r.tuples()
	f()
	if diff := difference(before, r.directory()); diff != "" {
		r.t.Errorf("the directory changed (-before +after):\n%s", diff)
	}
	if diff := difference(tuples, r.tuples()); diff != "" {
		r.t.Errorf("rows were written (-before +after):\n%s", diff)
	}
}
