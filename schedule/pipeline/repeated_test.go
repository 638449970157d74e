package pipeline

import (
	"testing"

	"rollcall/model/canon"
	"rollcall/sources"
)

// A new account that comes on two pages, each time below another parent, is
// where the later one says; the way there does not go round in a circle.
func TestANewAccountThatComesTwice(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	below := func(id, parent string) sources.Record { return object(id, map[string]any{"parent": parent}) }
	for name, c := range map[string]struct {
		pages [][]sources.Record
		above map[string]string
	}{
		"out of a cycle":       {[][]sources.Record{{below("a", "b"), below("b", "a")}, {below("a", "")}}, map[string]string{"b": "a"}},
		"into a cycle":         {[][]sources.Record{{below("a", "")}, {below("a", "b"), below("b", "a")}}, map[string]string{"b": "a"}},
		"to another parent":    {[][]sources.Record{{below("p", ""), below("a", "p"), below("c", "a")}, {below("q", ""), below("a", "q")}}, map[string]string{"a": "q", "c": "a"}},
		"twice the same":       {[][]sources.Record{{below("p", ""), below("a", "p"), below("c", "a")}, {below("a", "p")}}, map[string]string{"a": "p", "c": "a"}},
		"below itself at last": {[][]sources.Record{{below("p", ""), below("a", "p")}, {below("a", "a")}}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			r, f := base.fresh(t).withFake()
			f.lists(c.pages...)
			plan, _ := r.planned()
			result := r.mustSync("succeeded")
			for id, w := range r.directory() {
				if w.Above != c.above[id] {
					t.Errorf("%s is below %q, want %q", id, w.Above, c.above[id])
				}
			}
			if plan.Created != result.Created || int(result.Created) != len(r.directory()) {
				t.Errorf("planned %+v, made %+v", plan.Counts, result.Counts)
			}
			r.mustWriteNothing()
		})
	}
}

// What an account was on an earlier page of one listing is not what it is, also
// where the next listing has that page alone.
func TestAnEarlierPageComesAgain(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	one, two := object("a", map[string]any{"name": "one"}), object("a", map[string]any{"name": "two"})
	for _, known := range []bool{false, true} {
		r, f := base.fresh(t).withFake()
		f.metadata.Rules = canon.NewRules(nil, nil, nil) // listings are remembered where nothing in them is volatile
		if known {
			f.lists([]sources.Record{object("a", nil)})
			r.mustSync("succeeded")
		}
		f.lists([]sources.Record{two}, []sources.Record{one})
		r.mustSync("succeeded")
		f.lists([]sources.Record{two})
		r.mustSync("succeeded")
		if got := r.directory()["a"].Name; got != "two" {
			t.Errorf("the account is named %q, want two", got)
		}
	}
}

// Of a page that is as it was, and another one that has changed, the later one
// counts too.
func TestAPageAsItWasAndAChangedOne(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.metadata.Rules = canon.NewRules(nil, nil, nil)
	one, two := object("a", map[string]any{"name": "one"}), object("a", map[string]any{"name": "two"})
	for _, c := range []struct {
		pages [][]sources.Record
		name  string
	}{
		{[][]sources.Record{{one}}, "one"},
		{[][]sources.Record{{two}, {one}}, "one"},
		{[][]sources.Record{{one}}, "one"},
		{[][]sources.Record{{one}, {two}}, "two"},
		{[][]sources.Record{{two}}, "two"},
		{[][]sources.Record{{two}, {one}, {two}}, "two"},
	} {
		f.lists(c.pages...)
		r.mustSync("succeeded")
		if got := r.directory()["a"].Name; got != c.name {
			t.Errorf("the account is named %q, want %q", got, c.name)
		}
	}
}
