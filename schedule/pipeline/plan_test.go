package pipeline

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/sink"
	"rollcall/sources"
)

// planned asks what a sync of acme would do, which leaves no trace.
func (r *rig) planned() (Result, map[string]string) {
	r.t.Helper()
	before, runs := r.tuples(), len(r.runs())
	operations := map[string]string{}
	result := r.run(r.t.Context(), acme, func(o *Options) {
		o.Plan = func(c sink.Change) error {
			operations[c.ExternalID] = c.Operation
			return nil
		}
	})
	r.check()
	if diff := difference(before, r.tuples()); diff != "" {
		r.t.Errorf("a plan wrote rows (-before +after):\n%s", diff)
	}
	if now := len(r.runs()); now != runs {
		r.t.Errorf("a plan left %d runs", now-runs)
	}
	return result, operations
}

// A plan has what a sync then does, to the account.
func TestAPlanIsWhatASyncDoes(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		r, f := base.fresh(t).withFake()
		f.metadata.MissingBecomesRoot = rapid.Bool().Draw(t, "accounts live on")
		f.settings.MaxDeletePercent = float64(rapid.SampledFrom([]int{0, 10, 100}).Draw(t, "percent"))
		if rapid.Bool().Draw(t, "no lookup") {
			f.lookup = func(string) (sources.Record, error) { return sources.Record{}, sources.ErrNoLookup }
		}
		for range rapid.IntRange(1, 4).Draw(t, "rounds") {
			listing := goodOrBad(rapid.SliceOfN(drawListed, 0, 9).Draw(t, "listing"))
			f.list = inPages(listing, rapid.IntRange(1, 4).Draw(t, "records a page"), rapid.IntRange(0, 4).Draw(t, "partial") == 0)
			plan, operations := r.planned()
			result := r.sync()
			made := map[string]string{}
			for _, v := range r.versions() {
				if v.run == result.RunID {
					made[v.external] = v.operation
				}
			}
			if result.Held > 0 { // else a complete run before held them
				for _, id := range r.held() {
					made[id] = "held"
				}
			}
			if diff := difference(operations, made); diff != "" {
				t.Errorf("-planned +made:\n%s", diff)
			}
			if plan.Counts != result.Counts {
				t.Errorf("planned %+v, made %+v", plan.Counts, result.Counts)
			}
		}
	})
}

// The fields of a plan are those of the version that it becomes.
func TestAPlanNamesTheFields(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists(pageOf(object("a", nil), object("b", nil)))
	r.mustSync("succeeded")
	f.lists(pageOf(object("a", map[string]any{"parent": "b", "name": "New", "color": "green"}), object("b", nil)))
	var fields []string
	r.run(t.Context(), acme, func(o *Options) {
		o.Plan = func(c sink.Change) error {
			fields = append(fields, c.Operation+" "+c.ExternalID+" "+c.Field)
			return nil
		}
	})
	want := []string{"moved a parent_external_id", "moved a name", "moved a payload.color", "moved a payload.name", "moved a payload.parent"}
	if !slices.Equal(fields, want) {
		t.Errorf("planned %q, want %q", fields, want)
	}
}
