package pipeline

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

// objects are records of accounts from to n, as ids gives them.
func objects(from, to int) (list []sources.Record) {
	for _, id := range ids(from, to) {
		list = append(list, object(id, nil))
	}
	return list
}

// identity is where acme's accounts came from, as the directory knows it.
func (r *rig) identity() string {
	r.t.Helper()
	identity, err := sink.Identity(r.t.Context(), r.db, acme)
	if err != nil {
		r.t.Fatal(err)
	}
	return identity
}

// A connection that reads another provider account continues where the listing has
// at least half of the live accounts; else nothing is applied.
func TestAnotherIdentityIsJudgedByWhatItShares(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, c := range []struct {
		name    string
		live    int
		listing []sources.Record
		now     string
		status  string
		fetched int64
	}{
		{"all of them", 4, objects(0, 4), "other/1", "succeeded", 4},
		{"half of them", 4, objects(2, 4), "other/1", "succeeded", 2},
		{"half of them and many new ones", 4, objects(2, 40), "other/1", "succeeded", 38},
		{"less than half", 5, objects(3, 9), "other/1", "failed", 6},
		{"none of them", 3, objects(5, 9), "other/1", "failed", 4},
		{"nothing", 3, nil, "other/1", "failed", 0},
		{"another account of the host", 3, objects(5, 9), "fake/2", "failed", 4},
		{"more detail of the same", 3, objects(2, 9), "fake/1/key", "held", 7},
		{"where none is live", 0, objects(5, 9), "other/1", "succeeded", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, f := base.fresh(t).withFake()
			f.settings.MaxDeletePercent = 10
			f.lists(objects(0, c.live))
			r.mustSync("succeeded")
			f.lists(c.listing)
			f.metadata.Identity = c.now
			if c.status != "failed" {
				if plan, _ := r.planned(); plan.Err != nil {
					t.Errorf("the plan: %v", plan.Err)
				}
				r.mustSync(c.status)
				if got := r.identity(); got != c.now {
					t.Errorf("the identity is %q", got)
				}
				if logged := strings.Contains(r.log.String(), "it is the same tenant"); logged != (c.now == "other/1") {
					t.Errorf("logged: %v", logged)
				}
				return
			}
			plan, operations := r.planned()
			if plan.Status != "failed" || len(operations) > 0 {
				t.Errorf("the plan ended %q with %v", plan.Status, operations)
			}
			r.unchanged(func() { r.mustSync("failed") })
			run := r.lastRun()
			for _, part := range []string{"fake/1", c.now, fmt.Sprintf("the %d live ones", c.live), "rollcall sync acme --allow-deletes"} {
				if !strings.Contains(run.Error, part) {
					t.Errorf("the run says %q, without %q", run.Error, part)
				}
			}
			if run.Fetched != c.fetched || r.identity() != "fake/1" {
				t.Errorf("fetched %d, want %d; the identity is %q", run.Fetched, c.fetched, r.identity())
			}

			// It is meant: from then on it is where the accounts come from.
			allowed := r.sync(allowDeletes)
			if allowed.Created != int64(len(without(idsOf(c.listing), ids(0, c.live)))) || r.identity() != c.now {
				t.Errorf("allowed: %+v; the identity is %q", allowed.Counts, r.identity())
			}
			if got := r.deleted(); len(got) > 0 {
				t.Errorf("%v are deleted that were not held before", got)
			}
			if again := r.sync(); again.Err != nil {
				t.Errorf("the next run: %v", again.Err)
			}
		})
	}
}

func idsOf(records []sources.Record) (list []string) {
	for _, one := range records {
		list = append(list, one.ID)
	}
	return list
}

// A part of a listing has to have half of the live accounts as well, however it
// came to be a part. A replay asks nobody.
func TestAPartOfAnotherIdentity(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	window := func(o *Options) { o.Kind, o.Window.Since = Backfill, time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		name   string
		from   int // of the 6 live accounts and 3 new ones, the first that is read
		part   bool
		change func(*Options)
		status string
	}{
		{"a schedule", 4, false, func(o *Options) { o.Kind = Scheduled }, "failed"},
		{"a whole backfill", 4, false, func(o *Options) { o.Kind = Backfill }, "failed"},
		{"a window", 4, false, window, "failed"},
		{"a window with half of them", 3, false, window, "succeeded"},
		{"a partial run", 4, true, func(*Options) {}, "failed"},
		{"a partial run with half of them", 3, true, func(*Options) {}, "partial"},
		{"a partial run that is meant", 4, true, allowDeletes, "partial"},
		{"a hook", 4, false, func(o *Options) { o.Kind = Refresh }, "failed"},
		{"a hook for half of them", 3, false, func(o *Options) { o.Kind = Refresh }, "succeeded"},
		{"a replay", 9, false, func(o *Options) { o.Kind = Replay }, "succeeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, f := base.fresh(t).withFake()
			listing := make([]sources.Record, 9)
			for i, id := range ids(0, 9) {
				listing[i] = dated(id, "old", 5)
			}
			f.lists(listing[:6])
			r.mustSync("succeeded")
			f.metadata.Identity = "other/1"
			f.lookup = func(id string) (sources.Record, error) { return dated(id, "new", 5), nil }
			if f.lists(listing[c.from:]); c.part {
				f.listsPart(listing[c.from:])
			}
			if ok, err := sink.AddRefreshes(t.Context(), r.db, acme, ids(c.from, 9)); !ok || err != nil {
				t.Fatal(ok, err)
			}
			pending := func() (n int) {
				r.get(&n, `SELECT count(*) FROM directory_internal.pending_refresh`)
				return n
			}
			if c.status == "failed" {
				r.unchanged(func() { r.mustSync("failed", c.change) })
				if run := r.lastRun(); !strings.Contains(run.Error, "fake/1") || !strings.Contains(run.Error, "other/1") || run.Fetched != 5 {
					t.Errorf("fetched %d; the run says %q", run.Fetched, run.Error)
				}
				if n := pending(); n != 5 || r.identity() != "fake/1" {
					t.Errorf("%d refreshes are pending, and the identity is %q", n, r.identity())
				}
				return
			}
			r.mustSync(c.status, c.change)
			want := "other/1"
			if c.name == "a replay" {
				want = "fake/1"
			}
			if got := r.identity(); got != want {
				t.Errorf("the identity is %q", got)
			}
		})
	}
}
