package pipeline

import (
	"net/http"
	"testing"
	"time"

	"rollcall/sink/admin"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

// What succeeds without asking for all does not hide that the provider fails.
func TestHealthIsThatOfTheProvider(t *testing.T) {
	r, n := rigOf(t, "signalwire", numbered(3)...)
	r.mustSync("succeeded")
	type health struct {
		At     time.Time `db:"last_success_at"`
		Status string    `db:"last_status"`
		Error  *string   `db:"last_error"`
	}
	look := func() (h health) {
		t.Helper()
		r.get(&h, `SELECT last_success_at, last_status, last_error FROM directory.source_health`)
		return h
	}
	before := look()
	n.On(simulate.Listing).Do(simulate.Status(http.StatusInternalServerError))
	r.mustSync("failed")
	failed := look()
	if !failed.At.Equal(before.At) || failed.Status != "failed" || failed.Error == nil {
		t.Errorf("after a failure: %+v", failed)
	}
	var id int64
	r.get(&id, `SELECT max(id) FROM directory.accounts`)
	if _, err := admin.RetireAccount(t.Context(), r.db, acme, id); err != nil {
		t.Fatal(err)
	}
	if now := look(); !now.At.Equal(before.At) || now.Status != "failed" || now.Error == nil {
		t.Errorf("after a retirement by hand: %+v", now)
	}
	r.mustSync("succeeded", func(o *Options) { o.Kind = Replay })
	if now := look(); !now.At.Equal(before.At) {
		t.Errorf("a replay counts as a success: %+v", now)
	}
	n.Clear()
	r.mustSync("succeeded")
	if now := look(); !now.At.After(before.At) || now.Status != "succeeded" || now.Error != nil {
		t.Errorf("after a success: %+v", now)
	}
	r.mustSync("succeeded", func(o *Options) { o.Kind = Replay })
	r.exec(`UPDATE directory.runs SET started_at = started_at - interval '1 year', finished_at = finished_at - interval '1 year'`)
	if _, err := admin.Sweep(t.Context(), r.db, 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	if now := look(); now.At.IsZero() {
		t.Errorf("the last success was swept away")
	}
}

// A deleted account keeps its children, also in the tree of a time gone by.
func TestTheTreeOfATimeLeadsThroughTheDeleted(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{child("a", ""), child("b", "a"), child("c", "b")})
	r.mustSync("succeeded")
	f.lists([]sources.Record{child("a", ""), child("c", "b")})
	f.settings.MaxDeletePercent = 100
	r.mustSync("succeeded")
	f.lists([]sources.Record{child("c", "b")})
	r.mustSync("succeeded")
	var instants []time.Time
	r.list(&instants, `SELECT at FROM directory_internal.applied_run ORDER BY at`)
	if len(instants) != 3 {
		t.Fatalf("instants: %v", instants)
	}
	instants = append(instants, instants[0].Add(-time.Microsecond))
	for _, test := range []struct {
		root string
		at   int
		want []string
	}{
		{"a", 0, []string{"a", "b", "c"}},
		{"a", 1, []string{"a", "c"}},
		{"a", 2, []string{"c"}},
		{"b", 1, []string{"c"}},
		{"a", 3, nil},
	} {
		var got []string
		r.list(&got, `SELECT t.external_id FROM directory.accounts a, directory.tree_as_of(a.id, $2) t WHERE a.external_id = $1`, test.root, instants[test.at])
		if diff := difference(test.want, got); diff != "" {
			t.Errorf("%s as of moment %d (-want +got):\n%s", test.root, test.at, diff)
		}
	}
	// A cycle is broken at its smallest external id, as it is in accounts.
	f.lists([]sources.Record{child("a", "c"), child("b", "a"), child("c", "b"), child("d", "c")})
	r.mustSync("succeeded")
	for root, want := range map[string][]string{"a": {"a", "b", "c", "d"}, "b": {"b", "c", "d"}, "c": {"c", "d"}} {
		var got, now []string
		r.list(&got, `SELECT t.external_id FROM directory.accounts a, directory.tree_as_of(a.id, now()) t WHERE a.external_id = $1`, root)
		r.list(&now, `SELECT d.external_id FROM directory.accounts a, directory.descendants(a.id) d WHERE a.external_id = $1`, root)
		if diff := difference(want, got) + difference(want[1:], now); diff != "" {
			t.Errorf("%s on a cycle (-want +got):\n%s", root, diff)
		}
	}
}
