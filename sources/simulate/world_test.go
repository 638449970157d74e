package simulate

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestWorldKeepsOrder(t *testing.T) {
	w := NewWorld(Account{ID: "a"}, Account{ID: "b"}, Account{ID: "c"})
	w.Remove("b", "none")
	w.Put(Account{ID: "a", Name: "again"}, Account{ID: "b"})
	var got []string
	for _, a := range w.Snapshot() {
		got = append(got, a.ID+a.Name)
	}
	equal(t, "order", strings.Join(got, " "), "aagain c b")
	equal(t, "update of none", w.Move("none", "a"), false)
}

func TestWorldGivesCopies(t *testing.T) {
	w := NewWorld(Account{ID: "a", Tags: []string{"x"}, Extra: map[string]any{"k": 1}})
	a, _ := w.Get("a")
	a.Tags[0], a.Extra["k"] = "y", 2
	b, _ := w.Get("a")
	equal(t, "tag", b.Tags[0], "x")
	equal(t, "extra", b.Extra["k"], any(1))
}

func TestWorldCursorSurvivesRemoval(t *testing.T) {
	w := NewWorld(Account{ID: "a"}, Account{ID: "b"}, Account{ID: "c"}, Account{ID: "d"})
	_, next, _ := w.Page(0, 2)
	w.Remove("a", "c")
	page, _, more := w.Page(next, 2)
	equal(t, "page", fmt.Sprintf("%d %s %t", len(page), page[0].ID, more), "1 d false")
}

func TestTreeEndsInCycles(t *testing.T) {
	w := NewWorld(Account{ID: "a", Parent: "b"}, Account{ID: "b", Parent: "a"}, Account{ID: "s", Parent: "s"})
	for _, id := range []string{"a", "s"} {
		a, _ := w.Get(id)
		if tree := w.Tree(a); len(tree) > 2 {
			t.Errorf("tree of %s: %v", id, tree)
		}
		w.ByName(id, "", true, -1)
	}
}

func TestWorldIsSafeForConcurrentUse(t *testing.T) {
	w := populated(200, Shape{ID: HexID, Levels: 3, Root: "top"})
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for n := range 50 {
				Churn(w, uint64(i*100+n), 1, Shape{ID: HexID, Levels: 3, Root: "top"})
				w.ByName("top", "", true, 20)
				w.Page(0, 50)
			}
		})
	}
	group.Wait()
}

func TestPopulateAndChurnKeepTheShape(t *testing.T) {
	for _, shape := range []Shape{{ID: UUID, Levels: 2}, {ID: AgendizeID, Levels: 1}, {ID: HexID, Levels: 4, Root: HexID(0)}} {
		w := populated(300, shape)
		equal(t, "accounts", w.Len(), 300)
		kinds := map[string]bool{}
		for seed := range uint64(20) {
			for _, c := range Churn(w, seed, 20, shape) {
				kinds[c.What] = true
				_, ok := w.Get(c.ID)
				equal(t, c.What+" is there", ok, c.What != "removed")
			}
		}
		for _, kind := range []string{"added", "removed", "renamed", "suspended"} {
			equal(t, kind, kinds[kind], true)
		}
		equal(t, "moved", kinds["moved"], shape.Levels > 1)
		for _, a := range w.Snapshot() {
			depth := len(w.Tree(a))
			if depth >= shape.Levels || shape.Root != "" && depth == 0 && a.ID != shape.Root {
				t.Errorf("%s has depth %d", a.ID, depth)
			}
		}
	}
}
