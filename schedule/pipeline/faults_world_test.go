package pipeline

import (
	"fmt"
	"math/rand/v2"

	"rollcall/sources/simulate"
)

// A dicedGod makes and changes the world of a fault schedule. Nothing in it is
// out of sight: each account that is missing from a listing is deleted.
type dicedGod struct {
	*rand.Rand
	world      *simulate.World
	ghosts     bool // a parent may be unknown, for the listing has all accounts whatever their parent
	tombstones []simulate.Account
	born       int
}

func newDicedGod(dice *rand.Rand, w *simulate.World, provider string) *dicedGod {
	g := &dicedGod{Rand: dice, world: w, ghosts: provider == "signalwire"}
	for range dice.IntN(30) {
		g.add()
	}
	return g
}

// act makes one change and more.
func (g *dicedGod) act() {
	g.rename() // so that each run has something to apply
	deeds := []func(){g.add, g.add, g.rename, g.move, g.remove, g.comeBack}
	for range g.IntN(12) {
		deeds[g.IntN(len(deeds))]()
	}
}

// some draws one of the accounts but the root, and whether there is one.
func (g *dicedGod) some() (simulate.Account, bool) {
	all := g.world.Snapshot()
	a := all[g.IntN(len(all))]
	return a, a.ID != root
}

func (g *dicedGod) parent() string {
	if g.ghosts && g.IntN(5) == 0 {
		return "ghost"
	}
	a, _ := g.some()
	return a.ID
}

func (g *dicedGod) add() {
	g.born++
	a := account(fmt.Sprintf("b%03d", g.born), g.parent())
	a.Name = someNames[g.IntN(len(someNames))]
	g.world.Put(a)
}

func (g *dicedGod) rename() {
	a, _ := g.some()
	name := fmt.Sprintf("Name %d", g.Uint64())
	g.world.Update(a.ID, func(a *simulate.Account) { a.Name = name })
}

// move puts a leaf elsewhere: no cycle comes of it, in which a provider would
// lose sight of its accounts.
func (g *dicedGod) move() {
	if a, ok := g.some(); ok && g.leaf(a.ID) {
		if parent := g.parent(); parent != a.ID {
			g.world.Move(a.ID, parent)
		}
	}
}

func (g *dicedGod) remove() {
	if a, ok := g.some(); ok && g.leaf(a.ID) {
		g.world.Remove(a.ID)
		g.tombstones = append(g.tombstones, a)
	}
}

func (g *dicedGod) comeBack() {
	if len(g.tombstones) == 0 {
		return
	}
	at := g.IntN(len(g.tombstones))
	a := g.tombstones[at]
	g.tombstones = append(g.tombstones[:at:at], g.tombstones[at+1:]...)
	a.Parent = g.parent()
	g.world.Put(a)
}

func (g *dicedGod) leaf(id string) bool {
	for _, a := range g.world.Snapshot() {
		if a.Parent == id {
			return false
		}
	}
	return true
}
