package pipeline

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rollcall/sources"
	"rollcall/sources/simulate"
)

// tree makes accounts of "id" and "id<parent", in that order.
func tree(words string) []simulate.Account {
	var list []simulate.Account
	for _, word := range strings.Fields(words) {
		id, parent, _ := strings.Cut(word, "<")
		list = append(list, account(id, parent))
	}
	return list
}

// Where accounts are after one sync and after a change; each step replaces
// all accounts of the provider by those named.
func TestWhereAccountsHang(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, c := range []struct {
		name   string
		before string
		after  string
		above  string   // id<parent of those that are below another one, sorted
		moved  []string // versions that the change makes
	}{
		{"children come before their parents", "", "c<b b<a a", "b<a c<b", []string{"created a", "created b", "created c"}},
		{"an orphan joins its parent when that arrives", "c<b x", "c<b x b<a", "c<b", []string{"created b"}},
		{"orphans of one parent join it with all below them", "c<b d<b e<d", "c<b d<b e<d b", "c<b d<b e<d", []string{"created b"}},
		{"an account below itself is a root", "", "a<a b<a", "b<a", []string{"created a", "created b"}},
		{"a cycle is broken at its smallest id", "", "b<c c<a a<b", "b<c c<a", []string{"created a", "created b", "created c"}},
		{"smallest is by bytes", "", "a<B B<é é<a", "a<B é<a", []string{"created B", "created a", "created é"}},
		{"a cycle with a tail", "", "x<y y<x z<y", "y<x z<y", []string{"created x", "created y", "created z"}},
		{"two cycles and an orphan", "", "a<b b<a c<d d<c o<ghost", "b<a d<c", []string{"created a", "created b", "created c", "created d", "created o"}},
		{"a move makes a cycle", "a b<a c<b", "a<c b<a c<b", "b<a c<b", []string{"moved a parent_external_id,payload"}},
		{"a move opens a cycle", "a<c b<a c<b", "a<c b c<b", "a<c c<b", []string{"moved b parent_external_id,payload"}},
		{"a move opens a cycle at another place", "a<c b<a c<b d", "a<c b<a c<d d", "a<c b<a c<d", []string{"moved c parent_external_id,payload"}},
		{"the account at which a cycle was broken moves out", "a<b b<a x", "a<x b<a x", "a<x b<a", []string{"moved a parent_external_id,payload"}},
		{"a cycle becomes a smaller one", "a<c b<a c<b", "a<c b<c c<b", "a<c c<b", []string{"moved b parent_external_id,payload"}},
		{"parent and child change places", "a b<a c<b", "a<b b c<b", "a<b c<b", []string{"moved a parent_external_id,payload", "moved b parent_external_id,payload"}},
		{"a subtree moves without versions of its members", "a b<a c<b d<c x", "a b<x c<b d<c x", "b<x c<b d<c", []string{"moved b parent_external_id,payload"}},
		{"a subtree becomes a tree", "a b<a c<b d<c", "a b c<b d<c", "c<b d<c", []string{"moved b parent_external_id,payload"}},
		{"a subtree moves below an account that is new", "a b<a c<b", "a b<n c<b n<a", "b<n c<b n<a", []string{"created n", "moved b parent_external_id,payload"}},
		{"a subtree moves to an account that nobody knows", "a b<a c<b", "a b<ghost c<b", "c<b", []string{"moved b parent_external_id,payload"}},
		{"two subtrees move at once, one into the other", "a b<a c<a d<b e<c", "a b<e c d<b e<c", "b<e d<b e<c", []string{"moved b parent_external_id,payload", "moved c parent_external_id,payload"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, "signalwire", tree(c.before)...)
			r.mustSync("succeeded")
			for _, a := range tree(c.after) {
				if a.Parent == a.ID { // a root names itself, so that this needs another provider
					a.Parent = ""
				}
				n.world.Put(a)
			}
			result := r.mustSync("succeeded")
			var above []string
			for id, w := range r.directory() {
				if w.Above != "" {
					above = append(above, id+"<"+w.Above)
				}
			}
			slices.Sort(above)
			if got := strings.Join(above, " "); got != c.above {
				t.Errorf("they are %s, want %s", got, c.above)
			}
			if got := r.changes(result.RunID); !slices.Equal(got, c.moved) {
				t.Errorf("changes: %q, want %q", got, c.moved)
			}
			r.mustWriteNothing()
		})
	}
}

// Broken cycles are logged: how many, and at which accounts.
func TestCyclesAreReported(t *testing.T) {
	t.Parallel()
	r, _ := rigOf(t, "signalwire", tree("b<c c<b y<z z<x x<y top")...)
	result := r.mustSync("succeeded")
	slices.Sort(result.CyclesAt)
	if result.Cycles != 2 || !slices.Equal(result.CyclesAt, []string{"b", "x"}) {
		t.Errorf("%d cycles at %v", result.Cycles, result.CyclesAt)
	}
	if !strings.Contains(r.log.String(), "cycle") {
		t.Error("the cycles are not logged")
	}
}

// chain is a listing of n accounts, each below the next one; the last is below
// parent.
func chain(n int, parent string) []sources.Record {
	list := make([]sources.Record, n)
	for i := range list {
		list[i] = object(fmt.Sprintf("%05d", i), map[string]any{"parent": fmt.Sprintf("%05d", i+1)})
	}
	list[n-1] = object(fmt.Sprintf("%05d", n-1), map[string]any{"parent": parent})
	return list
}

// object is a record of a fake provider.
func object(id string, members map[string]any) sources.Record {
	all := map[string]any{"id": id, "name": "Account " + id, "status": "active"}
	for k, v := range members {
		all[k] = v
	}
	raw, err := json.Marshal(all)
	if err != nil {
		panic(err) // a mistake in the test
	}
	return sources.Record{ID: id, Raw: raw}
}

// Neither deep trees nor long cycles are a burden.
func TestDeepTreesAndLongCycles(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	for _, parent := range []string{"", "00000", "00060", "ghost"} {
		f.lists(chain(120, parent))
		r.mustSync("succeeded")
		r.mustWriteNothing()
	}
}

// An account below itself, at a provider that says so.
func TestAnAccountBelowItself(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{object("a", map[string]any{"parent": "a"}), object("b", map[string]any{"parent": "a"})})
	result := r.mustSync("succeeded")
	if w := r.directory()["a"]; w.Parent != "a" || w.Above != "" || result.Cycles != 1 {
		t.Errorf("%+v, %d cycles", w, result.Cycles)
	}
	r.mustWriteNothing()
}

// Parents and children are looked for within one connection alone.
func TestConnectionsHaveTreesOfTheirOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	one, other := r.fake(acme), r.fake("other")
	one.lists([]sources.Record{object("a", nil), object("b", map[string]any{"parent": "c"})})
	other.lists([]sources.Record{object("c", nil), object("b", map[string]any{"parent": "a"})})
	r.mustSync("succeeded")
	r.syncNamed("other")
	for _, source := range []string{acme, "other"} {
		if w := r.directoryOf(source)["b"]; w.Above != "" {
			t.Errorf("in %s: %+v", source, w)
		}
	}
}

// Thousands of accounts, which take other ways: statistics are gathered, what
// was staged is cut, ids go to Postgres in chunks.
func TestManyAccounts(t *testing.T) {
	t.Parallel()
	r, f := newRig(t).withFake()
	const n = 10_500
	list := func(from int, name string) {
		f.list = func(yield func(sources.Page, error) bool) {
			for at := from; at < n; at += 1000 {
				var p sources.Page
				for i := at; i < min(at+1000, n); i++ {
					members := map[string]any{"name": name}
					if i > 0 {
						members["parent"] = fmt.Sprint((i - 1) / 10)
					}
					p.Records = append(p.Records, object(fmt.Sprint(i), members))
				}
				if !yield(p, nil) {
					return
				}
			}
		}
	}
	for _, step := range []struct {
		from   int
		name   string
		counts string
	}{
		{0, "first", "created 10500"},
		{0, "second", "updated 10500"},
		{10_400, "third", "updated 100, deleted 10400"},
		{0, "third", "restored 10400, unchanged 100"},
	} {
		list(step.from, step.name)
		result := r.run(t.Context(), acme)
		got := ""
		for _, c := range []struct {
			n    int64
			what string
		}{{result.Created, "created"}, {result.Updated, "updated"}, {result.Deleted, "deleted"}, {result.Restored, "restored"}, {result.Unchanged, "unchanged"}} {
			if c.n > 0 {
				got += fmt.Sprintf(", %s %d", c.what, c.n)
			}
		}
		if got = strings.TrimPrefix(got, ", "); got != step.counts || result.Err != nil {
			t.Fatalf("%s, want %s; error %v", got, step.counts, result.Err)
		}
	}
	r.checkHierarchy()
	r.checkLeftovers()
	var gaps int // the other checks would take long over so many versions
	r.get(&gaps, `SELECT count(*) FROM (SELECT valid_to, lead(valid_from) OVER (PARTITION BY account_id ORDER BY valid_from) AS next
		FROM directory.account_history) h WHERE valid_to IS DISTINCT FROM next`)
	if gaps > 0 {
		t.Errorf("%d versions do not end where the next one begins", gaps)
	}
}
