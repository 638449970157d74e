package pipeline

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/sources"
)

// A reject as directory.rejects has it.
type rejectRow struct {
	RunID    int64 `db:"run_id"`
	ID       string
	Reason   string
	Payload  string
	First    time.Time  `db:"first_seen_at"`
	Last     time.Time  `db:"last_seen_at"`
	Resolved *time.Time `db:"resolved_at"`
}

func (r *rig) rejects() []rejectRow {
	r.t.Helper()
	var list []rejectRow
	r.list(&list, `SELECT run_id, coalesce(external_id, '') AS id, reason, coalesce(payload::text, '') AS payload,
		first_seen_at, last_seen_at, resolved_at FROM directory.rejects ORDER BY first_seen_at, external_id, payload`)
	return list
}

// oversize is a record that is too long.
func oversize(id string) sources.Record {
	r := object(id, nil)
	r.Oversize = true
	return r
}

// A reject is open from the run that first met it until one that no longer
// does; met again it is the same one, and once resolved it is another.
func TestTheLifeOfAReject(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	good, bad := object("a", nil), oversize("a")
	f.lists([]sources.Record{bad, object("b", nil)})
	r.mustSync("succeeded")
	first := r.rejects()
	if len(first) != 1 || first[0].ID != "a" || !strings.Contains(first[0].Reason, "4 MiB") || first[0].Resolved != nil || !first[0].First.Equal(first[0].Last) {
		t.Fatalf("%+v", first)
	}
	again := r.mustSync("succeeded")
	second := r.rejects()
	if len(second) != 1 || !second[0].First.Equal(first[0].First) || !second[0].Last.After(first[0].Last) || second[0].RunID != again.RunID {
		t.Fatalf("met again: %+v, at first %+v", second, first)
	}
	f.lists([]sources.Record{good, object("b", nil)})
	result := r.mustSync("succeeded")
	if third := r.rejects(); len(third) != 1 || third[0].Resolved == nil || result.Created != 1 {
		t.Fatalf("taken: %+v", third)
	}
	f.lists([]sources.Record{bad, object("b", nil)})
	result = r.mustSync("succeeded")
	if last := r.rejects(); len(last) != 2 || last[0].Resolved == nil || last[1].Resolved != nil || result.Deleted > 0 || result.Rejected != 1 {
		t.Fatalf("met after it was taken: %+v, %+v", last, result.Counts)
	}
	f.lists([]sources.Record{object("b", nil)})
	result = r.mustSync("succeeded")
	if last := r.rejects(); last[1].Resolved == nil || result.Deleted != 1 {
		t.Fatalf("gone: %+v, %+v", last, result.Counts)
	}
}

// A rejected account that the directory has keeps its last good version and is
// not deleted; one that was deleted stays so.
func TestARejectedAccountKeepsItsVersion(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{object("a", nil), object("b", nil), object("c", nil)})
	r.mustSync("succeeded")
	f.lists([]sources.Record{object("a", nil), object("b", nil)})
	r.mustSync("succeeded")
	f.lists([]sources.Record{object("a", nil), oversize("b"), oversize("c")})
	r.unchanged(func() {
		result := r.mustSync("succeeded")
		if result.Rejected != 2 || result.Unchanged != 1 || result.Fetched != 3 {
			t.Errorf("%+v", result.Counts)
		}
	})
}

// A rejected record of a deleted account does not stand for a live one that is
// missing.
func TestARejectHidesNoDeletion(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{object("a", nil), object("b", nil), object("c", nil)})
	r.mustSync("succeeded")
	f.lists([]sources.Record{object("a", nil), object("b", nil)})
	r.mustSync("succeeded")
	f.lists([]sources.Record{object("a", nil), oversize("c")})
	result := r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"deleted b"}) {
		t.Errorf("versions %q", got)
	}
}

// Records without an id are distinguished by what they hold, less their secrets.
func TestRejectsWithoutAnID(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	nameless := func(name string) sources.Record {
		record := object("", map[string]any{"name": name, "password": "s3cr3t"})
		return record
	}
	f.lists([]sources.Record{nameless("one"), nameless("two"), object("a", nil)})
	r.mustSync("succeeded")
	if result := r.mustSync("succeeded"); result.Rejected != 2 || result.Fetched != 3 {
		t.Errorf("%+v", result.Counts)
	}
	list := r.rejects()
	if len(list) != 2 || !strings.Contains(list[0].Payload, "one") || strings.Contains(list[0].Payload, "password") {
		t.Fatalf("%+v", list)
	}
	f.lists([]sources.Record{nameless("two"), object("a", nil)})
	r.mustSync("succeeded")
	if list := r.rejects(); list[0].Resolved == nil || list[1].Resolved != nil {
		t.Fatalf("%+v", list)
	}
}

// A partial run resolves what it took, and nothing that it only did not meet.
func TestAPartialRunResolvesWhatItTook(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{oversize("a"), oversize("b"), object("c", nil)})
	r.mustSync("succeeded")
	f.listsPart([]sources.Record{object("a", nil), object("c", nil)})
	r.mustSync("partial")
	for _, w := range r.rejects() {
		if resolved := w.Resolved != nil; resolved != (w.ID == "a") {
			t.Errorf("%+v", w)
		}
	}
}

// A partial run resolves what it took also where nothing changed by it.
func TestAPartialRunResolvesWhatIsUnchanged(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{object("a", nil), object("b", nil)})
	r.mustSync("succeeded")
	f.lists([]sources.Record{oversize("a"), oversize("b")})
	r.mustSync("succeeded")
	f.listsPart([]sources.Record{object("a", nil), oversize("b")})
	r.mustSync("partial")
	for _, w := range r.rejects() {
		if resolved := w.Resolved != nil; resolved != (w.ID == "a") {
			t.Errorf("%+v", w)
		}
	}
}

// A record that cannot be taken besides a good one of the same account.
func TestAGoodRecordAndABadOne(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for name, records := range map[string][]sources.Record{
		"the good one first": {object("a", nil), oversize("a")},
		"the bad one first":  {oversize("a"), object("a", nil)},
	} {
		for _, pages := range []int{1, 2} {
			r, f := base.fresh(t).withFake()
			if f.lists(records); pages == 2 {
				f.lists(records[:1], records[1:])
			}
			result := r.run(t.Context(), acme)
			if w := r.directory()["a"]; w.Name != "Account a" || result.Created != 1 || result.Fetched != 1 || result.Err != nil {
				t.Errorf("%s, on %d pages: %+v, %+v", name, pages, w, result.Counts)
			}
		}
	}
}
