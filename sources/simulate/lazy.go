package simulate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// family is the size of a family in a Lazy tenant: a root and its sub-accounts.
const family = 5

// Lazy is a tenant of N accounts that are generated for each request, the same
// for the same number: it holds none of them, however large N is. Every fifth
// account is a root; the four after it are its sub-accounts. Its fields are
// not to be changed while it serves; what the functions answer may change.
type Lazy struct {
	N    int
	UUID bool // ids as SignalWire's; else as Kazoo's

	// OneTree makes account 0 the parent of the roots, as Kazoo lists them.
	OneTree bool

	// Hook changes an account as it is made: renames the k-th, moves it.
	Hook func(k int, a *Account)

	// Gone leaves accounts out.
	Gone func(k int) bool
}

// ID is the id of the k-th account.
func (l *Lazy) ID(k int) string {
	if l.UUID {
		return UUID(uint64(k))
	}
	return HexID(uint64(k))
}

// At makes the k-th account.
func (l *Lazy) At(k int) Account {
	a := Invent(uint64(k))
	a.ID = l.ID(k)
	switch {
	case k%family != 0:
		a.Parent = l.ID(k - k%family)
	case l.OneTree && k > 0:
		a.Parent = l.ID(0)
	}
	if l.Hook != nil {
		l.Hook(k, &a)
	}
	return a
}

// Index returns the number of the account with this id; ok is false if there is no such account.
func (l *Lazy) Index(id string) (k int, ok bool) {
	text := strings.ReplaceAll(id, "-", "")
	if len(text) != 32 {
		return 0, false
	}
	x, err := strconv.ParseUint(text[:16], 16, 64)
	if err != nil {
		return 0, false
	}
	n := x*oddInverse - 1
	if n >= uint64(l.N) || l.ID(int(n)) != id || l.gone(int(n)) {
		return 0, false
	}
	return int(n), true
}

func (l *Lazy) gone(k int) bool { return l.Gone != nil && l.Gone(k) }

// Get implements [Tenant].
func (l *Lazy) Get(id string) (Account, bool) {
	k, ok := l.Index(id)
	if !ok {
		return Account{}, false
	}
	return l.At(k), true
}

// Find implements [Tenant]. References are "client-" and the number in base
// 36, and e-mail addresses begin with "office" and the same.
func (l *Lazy) Find(key string) (Account, bool) {
	if a, ok := l.Get(key); ok {
		return a, true
	}
	number, ok := strings.CutPrefix(key, "client-")
	if !ok {
		number, _, _ = strings.Cut(strings.TrimPrefix(key, "office"), "@")
	}
	k, err := strconv.ParseUint(number, 36, 64)
	if err != nil || k >= uint64(l.N) || l.gone(int(k)) {
		return Account{}, false
	}
	a := l.At(int(k))
	return a, a.Reference == key || a.Email == key
}

// Page implements [Tenant].
func (l *Lazy) Page(from uint64, n int) (page []Account, next uint64, more bool) {
	k := int(min(from, uint64(l.N)))
	page = make([]Account, 0, min(n, l.N-k))
	for ; k < l.N; k++ {
		if l.gone(k) {
			continue
		}
		if len(page) == n {
			return page, uint64(k), true
		}
		page = append(page, l.At(k))
	}
	return page, uint64(k), false
}

// Back implements [Tenant].
func (l *Lazy) Back(from uint64, n int) uint64 {
	if from <= uint64(n) {
		return 0
	}
	return from - uint64(n)
}

// ByName implements [Tenant]. The key is the number, not the name: no page
// can stall, and nothing need be sorted. All but the descendants of the tree's
// top looks at every account.
func (l *Lazy) ByName(root, key string, deep bool, n int) (page []Account, next string) {
	from, _ := strconv.Atoi(key)
	everything := deep && l.OneTree && root == l.ID(0)
	for k := from; k < l.N; k++ {
		if l.gone(k) || everything && k == 0 {
			continue
		}
		a := l.At(k)
		if !everything && a.Parent != root && !(deep && slices.Contains(l.Tree(a), root)) {
			continue
		}
		if n >= 0 && len(page) == n {
			return page, fmt.Sprintf("%09d", k)
		}
		page = append(page, a)
	}
	return page, ""
}

// Tree implements [Tenant].
func (l *Lazy) Tree(a Account) []string {
	tree := []string{}
	for id := a.Parent; id != "" && !slices.Contains(tree, id); {
		tree = append(tree, id)
		id = l.parent(id)
	}
	slices.Reverse(tree)
	return tree
}

// parent returns the parent of an account, "" on a root.
func (l *Lazy) parent(id string) string {
	if l.OneTree && id == l.ID(0) {
		return ""
	}
	a, _ := l.Get(id)
	return a.Parent
}
