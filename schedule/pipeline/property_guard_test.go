package pipeline

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/model/canon"
	"rollcall/sources"
)

// Deletions are made, held, allowed and released as the guard's rules say,
// whatever comes and goes.
func TestTheGuard(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		r, f := base.fresh(t).withFake()
		f.settings.MaxDeletePercent = float64(rapid.SampledFrom([]int{0, 10, 50, 60, 100}).Draw(t, "percent"))
		if rapid.Bool().Draw(t, "listings are remembered") {
			f.metadata.Rules = canon.NewRules(nil, nil, nil)
		}
		all := rapid.IntRange(1, 40).Draw(t, "accounts")
		alive := map[string]bool{} // at the provider, whatever its list says
		var asked bool             // whether it answers for one account
		f.lookup = func(id string) (sources.Record, error) {
			if !asked {
				return sources.Record{}, sources.ErrNoLookup
			}
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
			asked = rapid.IntRange(0, 2).Draw(t, "no lookup") > 0
			partial := round > 0 && rapid.IntRange(0, 4).Draw(t, "partial") == 0
			f.lists(listing)
			status := "succeeded"
			if partial {
				status = "partial"
				f.listsPart(listing)
				live, gone, held = union(live, names), without(gone, names), without(held, names)
			} else {
				missing := without(live, names)
				if lie := slices.ContainsFunc(missing, func(id string) bool { return alive[id] }); lie && asked && len(missing) > 20 {
					return // whether the lie is found out is a matter of luck
				}
				dead := guardDeletes(f.settings.MaxDeletePercent, live, gone, held, names, alive, asked, allow)
				live, gone, held = without(union(live, names), dead), without(union(gone, dead), names), without(missing, dead)
				if len(held) > 0 {
					status = "held"
				}
			}

			result := r.sync(func(o *Options) {
				if allow {
					o.Kind = AllowDeletes
				}
			})
			if got := r.deleted(); !slices.Equal(got, gone) {
				t.Fatalf("deleted %v, want %v; %+v", got, gone, result.Counts)
			}
			if got := r.held(); !slices.Equal(got, held) || result.Status != status {
				t.Fatalf("held %v, want %v; the run ended %q, want %q", got, held, result.Status, status)
			}
		}
	})
}

// guardDeletes returns what a complete listing of names deletes.
func guardDeletes(percent float64, live, gone, held, names []string, alive map[string]bool, asked, allow bool) []string {
	missing := without(live, names)
	twice := without(missing, without(missing, held))
	dead, lie := twice, false
	if asked {
		dead, lie = missing, slices.ContainsFunc(missing, func(id string) bool { return alive[id] })
	}
	lately, all := float64(len(dead)+len(gone)), float64(len(live)+len(gone))
	none := len(missing) == len(live) && len(without(names, live)) == 0
	over, overHalf := lately > percent/100*all, lately > all/2
	switch {
	case !lie && !none && percent > 0 && (len(dead) == 0 || !over || lately <= 10 && !overHalf):
		return dead
	case allow:
		return slices.DeleteFunc(twice, func(id string) bool { return asked && alive[id] })
	}
	return nil
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
