package pipeline

import (
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/sources"
	"rollcall/sources/simulate"
)

// holding is a rig that holds the deletions of a00 to a10.
func holding(t *testing.T) (*rig, *tenant) {
	t.Helper()
	r, n := rigOf(t, "signalwire", numbered(30)...)
	r.mustSync("succeeded")
	n.world.Remove(ids(0, 11)...)
	r.mustSync("held")
	if said := r.lastRun().Error; said == "" || !strings.Contains(r.log.String(), said) {
		t.Errorf("the log does not say %q:\n%s", said, r.log)
	}
	return r, n
}

// --allow-deletes makes what is held, and only if it is missing still and not
// proven alive; what is missing since then is held.
func TestAllowedAreTheHeldDeletionsAlone(t *testing.T) {
	t.Parallel()
	r, n := holding(t)
	n.world.Put(account("a00", "")) // comes back
	n.world.Remove("a11")           // goes since
	n.world.Put(account("a01", "")) // is there, though the listing lies about it
	rule := n.On(simulate.Listing).Do(simulate.Without("a01"))
	result := r.mustSync("held", allowDeletes)
	if got := r.deleted(); !slices.Equal(got, ids(2, 11)) {
		t.Errorf("deleted %v", got)
	}
	if got := r.held(); !slices.Equal(got, []string{"a01", "a11"}) || result.Held != 2 || result.Deleted != 9 {
		t.Errorf("held %v; %+v", got, result.Counts)
	}
	if rule.Fired() == 0 {
		t.Error("the fault did not take place")
	}
}

func TestAllHeldDeletionsAllowed(t *testing.T) {
	t.Parallel()
	r, _ := holding(t)
	result := r.mustSync("succeeded", allowDeletes)
	if got := r.deleted(); !slices.Equal(got, ids(0, 11)) || len(r.held()) > 0 || result.Err != nil {
		t.Errorf("deleted %v, held %v, error %v", got, r.held(), result.Err)
	}
	r.mustWriteNothing()
}

// Without anything held, --allow-deletes allows nothing.
func TestNothingIsAllowedThatWasNotHeld(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(30)...)
	r.mustSync("succeeded", allowDeletes)
	n.world.Remove(ids(0, 11)...)
	r.unchanged(func() { r.mustSync("held", allowDeletes) })
	r.mustSync("succeeded", allowDeletes)
	if got := r.deleted(); !slices.Equal(got, ids(0, 11)) {
		t.Errorf("deleted %v", got)
	}
}

// Held deletions are judged again by every complete run.
func TestHeldDeletionsAreJudgedAfresh(t *testing.T) {
	t.Parallel()
	r, n := holding(t)
	heldAt := func() (at time.Time, run int64) {
		var w struct {
			HeldAt time.Time `db:"held_at"`
			RunID  int64     `db:"run_id"`
		}
		r.get(&w, `SELECT held_at, run_id FROM directory.held_deletions WHERE external_id = 'a05'`)
		return w.HeldAt, w.RunID
	}
	first, run := heldAt()
	result := r.mustSync("held")
	if again, last := heldAt(); !again.Equal(first) || last != result.RunID || last == run {
		t.Errorf("first held at %v by run %d, then at %v by run %d", first, run, again, last)
	}

	n.On(simulate.Listing).Do(simulate.Status(403))
	r.mustSync("failed")
	if got := r.held(); len(got) != 11 {
		t.Errorf("a failed run left %v held", got)
	}
	n.Clear()

	n.world.Put(numbered(5)...) // they come back
	result = r.mustSync("succeeded")
	if got := r.deleted(); !slices.Equal(got, ids(5, 11)) || len(r.held()) > 0 || result.Restored > 0 {
		t.Errorf("deleted %v, held %v; %+v", got, r.held(), result.Counts)
	}
}

// A connection that points at another tenant changes nothing until that is
// allowed, and deletes nothing of the one before until that is allowed, too.
func TestAnotherTenantChangesNothing(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, name := range []string{"another host", "another project"} {
		t.Run(name, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, "signalwire", numbered(5)...)
			r.mustSync("succeeded")
			other := r.connect("other", "signalwire", account("b00", ""), account("a04", ""))
			if name == "another host" {
				n.set("BASE_URL", other.url)
			} else {
				n.handler.(*simulate.SignalWire).Project = "another"
				n.set("PROJECT_ID", "another")
				n.world.Remove(ids(0, 4)...)
				n.world.Put(account("b00", ""))
			}
			for range 2 {
				r.unchanged(func() { r.mustSync("failed") })
				if got := r.held(); len(got) > 0 || !strings.Contains(r.lastRun().Error, "its accounts came from") {
					t.Errorf("held %v, %q", got, r.lastRun().Error)
				}
			}
			result := r.mustSync("held", allowDeletes)
			if got := r.held(); !slices.Equal(got, ids(0, 4)) || result.Created != 1 {
				t.Errorf("held %v, %+v", got, result.Counts)
			}
			r.mustSync("succeeded", allowDeletes)
			if got := r.deleted(); !slices.Equal(got, ids(0, 4)) {
				t.Errorf("deleted %v", got)
			}
			// From now on it is the one that the accounts come from.
			r.age(25 * time.Hour)
			n.world.Remove("b00")
			other.world.Remove("b00")
			r.mustSync("succeeded")
			if got := r.deleted(); !slices.Contains(got, "b00") {
				t.Errorf("deleted %v", got)
			}
		})
	}
}

// An account that cannot be looked up is deleted once two complete listings in a
// row left it out, whatever incomplete runs came between that did not see it.
func TestTwoListingsDeleteWhereNoneCanBeAskedFor(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for name, c := range map[string]struct {
		between func(*rig, *fake)
		held    []string
	}{
		"nothing":      {func(*rig, *fake) {}, nil},
		"a failed run": {func(r *rig, f *fake) { f.list = tornAtOnce; r.mustSync("failed") }, nil},
		"a plan":       {func(r *rig, f *fake) { r.planned() }, nil},
		"a replay": {func(r *rig, f *fake) {
			r.mustSync("succeeded", func(o *Options) { o.Kind = Replay })
		}, nil},
		"a part without it":   {func(r *rig, f *fake) { f.listsPart(objects(4, 6)); r.mustSync("partial") }, nil},
		"a part with it":      {func(r *rig, f *fake) { f.listsPart(objects(0, 1)); r.mustSync("partial") }, ids(0, 1)},
		"a whole one with it": {func(r *rig, f *fake) { f.lists(objects(0, 9)); r.mustSync("succeeded") }, ids(0, 1)},
		"one that is rejected": {func(r *rig, f *fake) {
			f.listsPart([]sources.Record{{ID: "a00", Raw: []byte("{")}})
			r.mustSync("partial")
		}, ids(0, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := base.fresh(t).withFake()
			f.settings.MaxDeletePercent = 10
			f.lookup = func(string) (sources.Record, error) { return sources.Record{}, sources.ErrNoLookup }
			f.lists(objects(0, 9))
			r.mustSync("succeeded")
			f.lists(objects(1, 9))
			r.unchanged(func() { r.mustSync("held") })
			var reason string
			r.get(&reason, `SELECT reason FROM directory.held_deletions`)
			if got := r.held(); !slices.Equal(got, ids(0, 1)) || !strings.Contains(reason, "one complete listing") || !strings.Contains(r.lastRun().Error, reason) {
				t.Errorf("held %v: %q; the run says %q", got, reason, r.lastRun().Error)
			}
			c.between(r, f)
			f.lists(objects(2, 9)) // the next one is missing for the first time
			r.sync()
			held, deleted := ids(1, 2), ids(0, 1)
			if c.held != nil {
				held, deleted = ids(0, 2), []string{}
			}
			if got := r.held(); !slices.Equal(got, held) || !slices.Equal(r.deleted(), deleted) {
				t.Errorf("held %v, deleted %v", got, r.deleted())
			}
			f.lists(objects(3, 9), objects(0, 1))
			r.sync()
			if got := r.held(); !slices.Equal(got, ids(2, 3)) || !slices.Equal(r.deleted(), ids(1, 2)) {
				t.Errorf("in the end %v are held, %v deleted", got, r.deleted())
			}
		})
	}
}

// tornAtOnce is a listing that does so at once.
func tornAtOnce(yield func(sources.Page, error) bool) { yield(sources.Page{}, errTorn) }

// A partial run neither deletes, nor holds, nor releases.
func TestAPartialRunLeavesDeletionsAlone(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "audian", below(30)...)
	r.mustSync("succeeded")
	n.world.Remove(ids(0, 11)...)
	r.mustSync("held")
	held := r.held()
	n.On(simulate.PathEnd("/accounts/a20")).Do(simulate.Status(403))
	n.world.Remove("a25")
	r.mustSync("partial", allowDeletes)
	if got := r.held(); !slices.Equal(got, held) || len(r.deleted()) > 0 {
		t.Errorf("held %v, deleted %v", got, r.deleted())
	}
}
