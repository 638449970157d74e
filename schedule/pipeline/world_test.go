package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"rollcall/sources/simulate"
)

// Ids whose order as bytes is not that of any language, and one that would
// need an escape in a URL.
var someIDs = []string{"a", "B", "b", "Z9", "10", "9", "é", "ab", "a b", "ÿ", "aa"}

// Names that repeat, that are e-mail addresses, and that a text format could
// trip over.
var someNames = []string{"Same", "same", "ops@Example.com", `back\slash \N`, "tab\tand\nline", "Évangéline", "{\"json\": [1]}", "'; --"}

var someStatuses = []string{simulate.Active, simulate.Active, simulate.Suspended, simulate.Closed, "hibernating"}

// A god makes worlds and changes them, and writes what it did to the test's log.
type god struct {
	t          *rapid.T
	world      *simulate.World
	fixed      string // an account that is always there and never changes; "" for none
	tombstones map[string]simulate.Account
}

// populate puts random accounts into the world: deep trees, orphans, cycles,
// accounts below themselves, children before their parents.
func (g *god) populate() {
	g.tombstones = map[string]simulate.Account{}
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(someIDs), 0, 8, rapid.ID[string]).Draw(g.t, "ids")
	for _, id := range ids {
		g.put(id)
	}
}

func (g *god) put(id string) {
	a := simulate.Account{
		ID: id, Parent: g.parent(), Name: g.name(), Status: rapid.SampledFrom(someStatuses).Draw(g.t, "status"),
		Email: fmt.Sprintf("Office-%d@Example.com", rapid.IntRange(1, 3).Draw(g.t, "email")), TimeZone: "Asia/Tokyo",
		Created: january.AddDate(0, 0, rapid.IntRange(0, 3).Draw(g.t, "created")),
	}
	g.world.Put(a)
	g.t.Logf("  %q below %q, named %q, %s", a.ID, a.Parent, a.Name, a.Status)
}

func (g *god) name() string { return rapid.SampledFrom(someNames).Draw(g.t, "name") }

// parent is anything: nobody, somebody, itself, one who may never come.
func (g *god) parent() string {
	return rapid.SampledFrom(slices.Concat([]string{g.fixed, g.fixed, "ghost"}, someIDs)).Draw(g.t, "parent")
}

// some draws one of the accounts that can be changed; "" where there are none.
func (g *god) some() string {
	var ids []string
	for _, a := range g.world.Snapshot() {
		if a.ID != g.fixed {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(g.t, "account")
}

// act makes some changes.
func (g *god) act() {
	deeds := []func(){g.rename, g.move, g.moveBelow, g.swap, g.remove, g.comeBack, g.suspend, g.add}
	for range rapid.IntRange(0, 4).Draw(g.t, "deeds") {
		rapid.SampledFrom(deeds).Draw(g.t, "deed")()
	}
}

func (g *god) rename() {
	id, name := g.some(), g.name()
	g.world.Update(id, func(a *simulate.Account) { a.Name = name })
	g.t.Logf("  %q is renamed %q", id, name)
}

func (g *god) move() {
	id, parent := g.some(), g.parent()
	g.world.Move(id, parent)
	g.t.Logf("  %q moves below %q", id, parent)
}

// moveBelow takes an account with all that is below it to another one.
func (g *god) moveBelow() {
	id, parent := g.some(), g.some()
	g.world.Move(id, parent)
	g.t.Logf("  %q moves below %q", id, parent)
}

// swap puts a child in the place of its parent, and the other way round.
func (g *god) swap() {
	child, _ := g.world.Get(g.some())
	parent, ok := g.world.Get(child.Parent)
	if !ok || parent.ID == g.fixed {
		return
	}
	g.world.Move(child.ID, parent.Parent)
	g.world.Move(parent.ID, child.ID)
	g.t.Logf("  %q and its parent %q change places", child.ID, parent.ID)
}

func (g *god) remove() {
	if a, ok := g.world.Get(g.some()); ok {
		g.tombstones[a.ID] = a
		g.world.Remove(a.ID)
		g.t.Logf("  %q is removed", a.ID)
	}
}

func (g *god) comeBack() {
	for id, a := range sorted(g.tombstones) {
		if _, lives := g.world.Get(id); !lives && rapid.Bool().Draw(g.t, "comes back") {
			if rapid.Bool().Draw(g.t, "elsewhere") {
				a.Parent = g.parent()
			}
			g.world.Put(a)
			g.t.Logf("  %q comes back, below %q", id, a.Parent)
		}
	}
}

func (g *god) suspend() {
	id, status := g.some(), rapid.SampledFrom(someStatuses).Draw(g.t, "status")
	g.world.Update(id, func(a *simulate.Account) { a.Status = status })
	g.t.Logf("  %q is %s", id, status)
}

func (g *god) add() {
	id := rapid.SampledFrom(someIDs).Draw(g.t, "id")
	if _, there := g.world.Get(id); !there {
		g.put(id)
	}
}

// sorted yields m in the order of its keys, so that a case can be repeated.
func sorted[K cmp.Ordered, V any](m map[K]V) func(yield func(K, V) bool) {
	return func(yield func(K, V) bool) {
		keys := make([]K, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		for _, k := range keys {
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

// next is what the directory is to be after a complete reading, from what it
// was: deletions are made unless all accounts are missing, or one of them is
// out of sight only.
func next(before, visible map[string]row, exists func(id string) bool) (after map[string]row, held bool) {
	after = map[string]row{}
	live, missing, brings := 0, 0, false
	for id, w := range before {
		after[id] = w
		if w.Deleted {
			continue
		}
		live++
		if _, seen := visible[id]; !seen {
			missing++
			held = held || exists(id)
		}
	}
	for id, w := range visible {
		was, known := before[id]
		brings = brings || !known || was.Deleted
		after[id] = w
	}
	held = held || missing > 0 && missing == live && !brings
	for id, w := range before {
		if _, seen := visible[id]; !seen && !held {
			w.Deleted = true
			after[id] = w
		}
	}
	return after, held
}

// lines are rows as text, for a test's message.
func lines(rows map[string]row) string {
	var b strings.Builder
	for id, w := range sorted(rows) {
		fmt.Fprintf(&b, "  %q: %+v\n", id, w)
	}
	return b.String()
}
