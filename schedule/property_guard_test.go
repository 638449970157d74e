package schedule

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/model"
	"rollcall/sources"
)

// Deletions are made, held, allowed and released as the guard's rules say,
// whatever comes and goes.
func TestTheGuard(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		r, f := base.fresh(t).withFake()
		f.settings.MaxDeletePercent = float64(rapid.SampledFrom([]int{0, 10, 50, 100}).Draw(t, "percent"))
		if rapid.Bool().Draw(t, "listings are remembered") {
			f.traits.Rules = model.NewRules(nil, nil, nil)
		}
		all := rapid.IntRange(1, 40).Draw(t, "accounts")
		alive := map[string]bool{} // at the provider, whatever its list says
		f.lookup = func(id string) (sources.Record, error) {
			if alive[id] {
				return object(id, nil), nil
			}
			return sources.Record{}, sources.ErrGone
		}
		live, gone, held := []string{}, []string{}, []string{}
		for round := range rapid.IntRange(2, 5).Draw(t, "rounds") {
			var listing []sources.Record
			names := []string{}
			from := rapid.IntRange(0, all).Draw(t, "listed from")
			to := rapid.IntRange(from, all).Draw(t, "listed to")
			if round == 0 {
				from, to = 0, all
			}
			for i := from; i < to; i++ {
				names = append(names, fmt.Sprintf("%02d", i))
				listing = append(listing, object(names[len(names)-1], nil))
			}
			clear(alive)
			for _, id := range names {
				alive[id] = true
			}
			if rapid.IntRange(0, 3).Draw(t, "a lie") == 0 {
				alive[fmt.Sprintf("%02d", rapid.IntRange(0, all-1).Draw(t, "about"))] = true
			}
			allow := rapid.IntRange(0, 3).Draw(t, "allow") == 0
			f.lists(listing)

			missing := without(live, names)
			lie := slices.ContainsFunc(missing, func(id string) bool { return alive[id] })
			lately := len(missing) + len(gone)
			hold := lie || len(missing) == len(live) && len(without(names, live)) == 0 ||
				lately > 10 && float64(lately)*100 > f.settings.MaxDeletePercent*float64(len(live)+len(gone))
			var dead []string
			switch {
			case len(missing) > 20 && lie:
				return // whether the lie is found out is a matter of luck
			case !hold:
				dead = missing
			case allow:
				dead = slices.DeleteFunc(slices.Clone(missing), func(id string) bool { return alive[id] || !slices.Contains(held, id) })
			}
			live = without(union(live, names), dead)
			gone = without(union(gone, dead), names)
			held = without(missing, dead)

			result := r.sync(func(o *Options) { o.AllowDeletes = allow })
			if got := r.deleted(); !slices.Equal(got, gone) {
				t.Fatalf("deleted %v, want %v; %+v", got, gone, result.Counts)
			}
			if got := r.held(); !slices.Equal(got, held) || (result.Status == "held") != (len(held) > 0) {
				t.Fatalf("held %v, want %v; the run ended %q", got, held, result.Status)
			}
		}
	})
}

// without returns a less b, union both, in order.
func without(a, b []string) []string {
	out := []string{}
	for _, id := range a {
		if !slices.Contains(b, id) {
			out = append(out, id)
		}
	}
	return out
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}
