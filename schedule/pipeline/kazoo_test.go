package pipeline

import (
	"strings"
	"testing"

	"rollcall/sources/simulate"
)

// The credential's own account is a root, whatever ancestors its trees name;
// parents between it and its descendants may be dead or out of sight.
func TestAncestorsOutOfSight(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"audian", "kazoo"} {
		r := base.fresh(t)
		n := r.connect(acme, provider,
			account("master", ""), account("reseller", "master"), account(root, "reseller"),
			account("a", root), account("b", "a"), account("c", "b"), account("sibling", "reseller"))
		r.mustSync("succeeded")
		rows := r.directory()
		if len(rows) != 4 || rows[root].Parent != "" || rows["a"].Above != root || rows["c"].Above != "b" {
			t.Errorf("%s:\n%s", provider, lines(rows))
		}
		n.world.Remove("b")
		r.mustSync("succeeded")
		if w := r.directory()["c"]; w.Parent != "b" || w.Above != "b" || w.Deleted {
			t.Errorf("%s: below a dead account: %+v", provider, w)
		}
		r.mustWriteNothing()

		fresh := base.fresh(t) // where the dead one was never seen
		fresh.tenants[acme] = n
		fresh.mustSync("succeeded")
		if w := fresh.directory()["c"]; w.Parent != "b" || w.Above != "" {
			t.Errorf("%s: below an account that was never seen: %+v", provider, w)
		}
	}
}

// The cursor is a name, so accounts of one name can fill a page.
func TestEqualNamesOverAPageBoundary(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"audian", "kazoo"} {
		accounts := below(14)
		for i := range accounts[3:11] {
			accounts[3+i].Name = "Same"
		}
		for _, size := range []string{"1", "2", "3", "5", "8"} {
			r := base.fresh(t)
			n := r.connect(acme, provider, accounts...)
			n.set("PAGE_SIZE", size)
			result := r.mustSync("succeeded")
			r.mustEqual(n.expected())
			if result.Fetched != 14 {
				t.Errorf("%s, page size %s: fetched %d", provider, size, result.Fetched)
			}
		}
	}
}

// More accounts of one name than the largest page holds cannot be read past:
// the run fails, and nothing is deleted.
func TestTooManyAccountsOfOneName(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "kazoo", below(30)...)
	r.mustSync("succeeded")
	n.set("PAGE_SIZE", "2")
	for _, a := range below(30)[1:] {
		n.world.Update(a.ID, func(a *simulate.Account) { a.Name = "Same" })
	}
	r.unchanged(func() {
		if result := r.mustSync("failed"); !strings.Contains(result.Err.Error(), "PAGE_SIZE") {
			t.Errorf("the error is %v", result.Err)
		}
	})
}
