package simulate

import (
	"cmp"
	"slices"
	"sync"
)

// A Tenant is what a dialect answers from: a [World] or a [Lazy].
type Tenant interface {
	// Page answers up to n accounts from a position on, in a stable order,
	// and the position that follows; more is false at the end.
	Page(from uint64, n int) (page []Account, next uint64, more bool)

	// Back is the position of the page of n accounts before a position.
	Back(from uint64, n int) uint64

	// Get answers one account.
	Get(id string) (Account, bool)

	// Find answers one account by id, reference or e-mail, in that order.
	Find(key string) (Account, bool)

	// ByName answers the children of root, or with deep all descendants, in
	// order of key (in a World the name), from a key on. next is the key of
	// the first one not answered, "" at the end. With n < 0 it answers all.
	ByName(root, key string, deep bool, n int) (page []Account, next string)

	// Tree names the ancestors of an account from the top, dead and unknown
	// ones too.
	Tree(a Account) []string
}

// A World is the accounts of one tenant at a provider: the truth that a
// directory is to arrive at. It is safe for concurrent use. Accounts are
// listed in the order in which they were first put.
type World struct {
	mu         sync.RWMutex
	seq        uint64
	byID       map[string]*node
	order      []*node           // by seq
	tombstones map[string]string // parent of each removed account: trees keep naming the dead
	index      *index            // nil after a change
}

// A node is one account's place. The account it points to is never changed,
// only replaced, so that readers may keep it.
type node struct {
	seq     uint64
	account *Account
}

// NewWorld makes a world of these accounts.
func NewWorld(accounts ...Account) *World {
	w := &World{byID: map[string]*node{}, tombstones: map[string]string{}}
	w.Put(accounts...)
	return w
}

// Put adds accounts, or replaces those of the same id, which keep their place.
func (w *World) Put(accounts ...Account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range accounts {
		a = a.clone()
		if n, ok := w.byID[a.ID]; ok {
			n.account = &a
			continue
		}
		w.seq++
		n := &node{seq: w.seq, account: &a}
		w.byID[a.ID] = n
		w.order = append(w.order, n)
		delete(w.tombstones, a.ID)
	}
	w.index = nil
}

// Update changes one account and reports whether it exists. f must not call
// the world. The id can't be changed.
func (w *World) Update(id string, f func(*Account)) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, ok := w.byID[id]
	if !ok {
		return false
	}
	a := n.account.clone()
	f(&a)
	a.ID = id
	n.account = &a
	w.index = nil
	return true
}

// Move gives an account another parent; "" makes it a root.
func (w *World) Move(id, parent string) bool {
	return w.Update(id, func(a *Account) { a.Parent = parent })
}

// Remove deletes accounts. Their children keep the deleted parent.
func (w *World) Remove(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		n, ok := w.byID[id]
		if !ok {
			continue
		}
		w.tombstones[id] = n.account.Parent
		delete(w.byID, id)
		at, _ := slices.BinarySearchFunc(w.order, n.seq, bySeq)
		w.order = slices.Delete(w.order, at, at+1)
	}
	w.index = nil
}

// Len is the number of accounts.
func (w *World) Len() int {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return len(w.order)
}

// Snapshot answers every account, in the order of the listings.
func (w *World) Snapshot() []Account {
	page, _, _ := w.Page(0, w.Len()+1)
	return page
}

// Get implements [Tenant].
func (w *World) Get(id string) (Account, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	n, ok := w.byID[id]
	if !ok {
		return Account{}, false
	}
	return n.account.clone(), true
}

// Find implements [Tenant].
func (w *World) Find(key string) (Account, bool) {
	if a, ok := w.Get(key); ok || key == "" {
		return a, ok
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, n := range w.order {
		if n.account.Reference == key || n.account.Email == key {
			return n.account.clone(), true
		}
	}
	return Account{}, false
}

// Page implements [Tenant].
func (w *World) Page(from uint64, n int) (page []Account, next uint64, more bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	at, _ := slices.BinarySearchFunc(w.order, from, bySeq)
	end := min(at+n, len(w.order))
	page = make([]Account, 0, end-at)
	for _, n := range w.order[at:end] {
		page = append(page, n.account.clone())
	}
	if end == len(w.order) {
		return page, w.seq + 1, false
	}
	return page, w.order[end].seq, true
}

// Back implements [Tenant].
func (w *World) Back(from uint64, n int) uint64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	at, _ := slices.BinarySearchFunc(w.order, from, bySeq)
	if at-n <= 0 {
		return 0
	}
	return w.order[at-n].seq
}

func bySeq(n *node, seq uint64) int { return cmp.Compare(n.seq, seq) }
