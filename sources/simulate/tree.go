package simulate

import (
	"cmp"
	"slices"
)

// An index caches what is computed from a world until its next change: without it, each page of a listing by name would sort the world.
type index struct {
	children map[string][]string // live and dead ones
	sorted   map[subtree][]*Account
}

type subtree struct {
	root string
	deep bool
}

// ByName implements [Tenant]. The key is the name, as in Kazoo: accounts of
// one name have the same key.
func (w *World) ByName(root, key string, deep bool, n int) (page []Account, next string) {
	all := w.sorted(subtree{root, deep})
	at, _ := slices.BinarySearchFunc(all, key, func(a *Account, key string) int { return cmp.Compare(a.Name, key) })
	end := len(all)
	if n >= 0 && at+n < end {
		end = at + n
		next = all[end].Name
	}
	page = make([]Account, 0, end-at)
	for _, a := range all[at:end] {
		page = append(page, a.clone())
	}
	return page, next
}

// Tree implements [Tenant].
func (w *World) Tree(a Account) []string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	tree := []string{}
	for id := a.Parent; id != "" && id != a.ID && !slices.Contains(tree, id); id = w.parent(id) {
		tree = append(tree, id)
	}
	slices.Reverse(tree)
	return tree
}

// parent is the parent of a live or dead account, "" when it is unknown.
func (w *World) parent(id string) string {
	if n, ok := w.byID[id]; ok {
		return n.account.Parent
	}
	return w.tombstones[id]
}

func (w *World) sorted(s subtree) []*Account {
	w.mu.RLock()
	if w.index != nil {
		if all, ok := w.index.sorted[s]; ok {
			w.mu.RUnlock()
			return all
		}
	}
	w.mu.RUnlock()

	w.mu.Lock()
	defer w.mu.Unlock()
	if w.index == nil {
		w.index = &index{children: w.families(), sorted: map[subtree][]*Account{}}
	}
	all := w.below(s)
	slices.SortFunc(all, func(a, b *Account) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	w.index.sorted[s] = all
	return all
}

// families lists the children of every parent.
func (w *World) families() map[string][]string {
	children := map[string][]string{}
	for _, n := range w.order {
		children[n.account.Parent] = append(children[n.account.Parent], n.account.ID)
	}
	for id, parent := range w.tombstones {
		children[parent] = append(children[parent], id)
	}
	return children
}

// below collects the live accounts below a root, through dead ones too.
func (w *World) below(s subtree) []*Account {
	var all []*Account
	seen := map[string]bool{s.root: true}
	for queue := []string{s.root}; len(queue) > 0; queue = queue[1:] {
		for _, id := range w.index.children[queue[0]] {
			if seen[id] {
				continue
			}
			seen[id] = true
			if n, ok := w.byID[id]; ok {
				all = append(all, n.account)
			}
			if s.deep {
				queue = append(queue, id)
			}
		}
	}
	return all
}
