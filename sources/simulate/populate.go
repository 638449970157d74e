package simulate

import "math/rand/v2"

// A Shape says how the accounts of a world are related.
type Shape struct {
	ID     func(n uint64) string // UUID, HexID, …
	Levels int                   // depth of the deepest accounts plus one; 1 is a flat list
	Root   string                // id of the one account above all others; "" for many roots

	// Customers is the seed of the customers that worlds share: every third
	// account has the contact of one of them. 0 shares none.
	Customers uint64
}

// Populate puts n invented accounts into a world, the same for the same seed.
// About one in eight of them (or only the one) is a root.
func Populate(w *World, seed uint64, n int, shape Shape) {
	dice := rand.New(rand.NewPCG(seed, 1))
	levels := make([][]string, max(1, shape.Levels)) // ids by depth
	accounts := make([]Account, 0, n)
	for i := range n {
		customer := seed<<32 + uint64(i)
		if shape.Customers != 0 && i%3 == 0 {
			customer = shape.Customers<<32 + uint64(i)
		}
		a := Invent(customer)
		a.ID = shape.ID(uint64(i))
		depth := 0
		switch {
		case i == 0 && shape.Root != "":
			a.ID, a.Kind, a.Status = shape.Root, "reseller", Active
		case i > 0 && len(levels) > 1 && (shape.Root != "" || dice.IntN(8) > 0):
			depth = 1 + dice.IntN(len(levels)-1)
			for len(levels[depth-1]) == 0 {
				depth--
			}
			a.Parent = levels[depth-1][dice.IntN(len(levels[depth-1]))]
		}
		levels[depth] = append(levels[depth], a.ID)
		accounts = append(accounts, a)
	}
	w.Put(accounts...)
}

// A Change is one thing that happened to an account.
type Change struct {
	ID, Name string
	What     string // "added", "removed", "renamed", "moved", "suspended", "resumed"
}

// Churn changes at most n accounts, the same for the same
// seed and world: most are to fields, some add, move or remove. Only accounts
// without children are moved or removed, and moved only below a parent of
// others of their depth, so that the shape stays.
func Churn(w *World, seed uint64, n int, shape Shape) []Change {
	dice := rand.New(rand.NewPCG(seed, 2))
	before := w.Snapshot()
	parents := map[string]string{}
	heads := map[string]bool{}
	for i := range before {
		parents[before[i].ID] = before[i].Parent
		heads[before[i].Parent] = true
	}
	var changes []Change
	for _, at := range dice.Perm(len(before)) {
		if len(changes) == n {
			break
		}
		a := before[at]
		c := Change{ID: a.ID, Name: a.Name}
		leaf := !heads[a.ID] && a.ID != shape.Root
		switch roll := dice.IntN(10); {
		case roll == 0 && leaf && len(before) > 1:
			w.Remove(a.ID)
			c.What = "removed"
		case roll <= 2 && leaf && a.Parent != "":
			to := before[dice.IntN(len(before))].Parent // a parent of others
			if to == "" || to == a.Parent || to == a.ID || parents[to] != parents[a.Parent] && shape.Levels > 2 {
				continue
			}
			w.Move(a.ID, to)
			c.What = "moved"
		case roll == 3:
			c = add(w, dice, a.Parent, shape)
		default:
			c.What = alter(w, a, roll)
		}
		changes = append(changes, c)
	}
	return changes
}

// add puts a new account below a parent.
func add(w *World, dice *rand.Rand, parent string, shape Shape) Change {
	a := Invent(dice.Uint64())
	if parent == "" {
		parent = shape.Root
	}
	a.Parent = parent
	for a.ID == "" {
		id := shape.ID(1_000_000 + dice.Uint64N(100_000_000))
		if _, taken := w.Get(id); !taken {
			a.ID = id
		}
	}
	w.Put(a)
	return Change{ID: a.ID, Name: a.Name, What: "added"}
}

// alter changes a field, of those that all dialects but Backstack's show.
func alter(w *World, a Account, roll int) (what string) {
	w.Update(a.ID, func(a *Account) {
		switch {
		case roll%3 != 1:
			a.Name += " (new)"
			what = "renamed"
		case a.Status == Active:
			a.Status = Suspended
			what = "suspended"
		default:
			a.Status = Active
			what = "resumed"
		}
		a.Updated = a.Updated.AddDate(0, 0, 1)
	})
	return what
}
