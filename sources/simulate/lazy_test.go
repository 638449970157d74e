package simulate

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestLazyIDs(t *testing.T) {
	for _, l := range []*Lazy{{N: 2_000_000, UUID: true}, {N: 2_000_000}} {
		for _, k := range []int{0, 1, 4, 5, 999_999, 1_999_999} {
			got, ok := l.Index(l.ID(k))
			equal(t, l.ID(k), fmt.Sprint(got, ok), fmt.Sprint(k, true))
		}
		for _, id := range []string{"", "x", l.ID(2_000_000), strings.ToUpper(l.ID(7))} {
			if _, ok := l.Index(id); ok {
				t.Errorf("%q is known", id)
			}
		}
	}
}

func TestLazyHookAndGone(t *testing.T) {
	l := &Lazy{
		N: 10, UUID: true,
		Hook: func(k int, a *Account) {
			if k == 3 {
				a.Name, a.Parent = "moved", ""
			}
		},
		Gone: func(k int) bool { return k == 4 },
	}
	page, next, more := l.Page(0, 5)
	equal(t, "page", fmt.Sprint(len(page), next, more), "5 6 true")
	equal(t, "renamed", page[3].Name, "moved")
	equal(t, "parent", page[2].Parent, l.ID(0))
	_, ok := l.Get(l.ID(4))
	equal(t, "gone", ok, false)
	a, ok := l.Find("client-7")
	equal(t, "by reference", fmt.Sprint(a.ID, ok), fmt.Sprint(l.ID(7), true))
	a, ok = l.Find(a.Email)
	equal(t, "by e-mail", fmt.Sprint(a.ID, ok), fmt.Sprint(l.ID(7), true))
	equal(t, "all", len(all(l)), 9)
}

func TestLazyTree(t *testing.T) {
	l := &Lazy{N: 23, OneTree: true}
	server := Run(t, &Kazoo{Accounts: l, Root: l.ID(0), Token: "t"})
	seen := map[string]bool{}
	for cursor := ""; ; {
		page := must(t, 200)(get(t, server.URL+"/v2/accounts/"+l.ID(0)+"/descendants?page_size=5&start_key="+cursor, kazooAuth...))
		for _, id := range column(page["data"], "id") {
			seen[id] = true
		}
		if cursor, _ = page["next_start_key"].(string); cursor == "" {
			break
		}
	}
	equal(t, "descendants", len(seen), 22)
	equal(t, "tree", fmt.Sprint(l.Tree(l.At(6))), fmt.Sprint([]string{l.ID(0), l.ID(5)}))
	children, _ := l.ByName(l.ID(0), "", false, -1)
	equal(t, "children", len(children), 4+4)
	grandchildren, _ := l.ByName(l.ID(5), "", true, -1)
	equal(t, "below another", len(grandchildren), 4)
}

func TestLazyAccountsAreOfTheSizeOfReal(t *testing.T) {
	page, _, _ := (&Lazy{N: 1000, UUID: true}).Page(0, 1000)
	for name, render := range map[string]func(Account) []byte{"signalwire": RenderSignalWire, "agendize": RenderAgendize} {
		total := 0
		for _, a := range page {
			total += len(render(a))
		}
		if size := total / 1000; size < 800 || size > 1900 {
			t.Errorf("%s: %d bytes an account", name, size)
		}
	}
}

func TestCachePages(t *testing.T) {
	world := NewWorld(Account{ID: "a", Name: "before"})
	cache := CachePages(&SignalWire{Accounts: world, Project: "p", Token: "t"}, 1<<20)
	server := Run(t, cache)
	name := func() string {
		page := must(t, 200)(get(t, server.URL+signalWirePath, signalWireAuth...))
		return column(page["accounts"], "friendly_name")[0]
	}
	equal(t, "first", name(), "before")
	world.Update("a", func(a *Account) { a.Name = "after" })
	equal(t, "cached", name(), "before")
	cache.Reset()
	equal(t, "after a reset", name(), "after")
}

// BenchmarkPage is a page of 1,000 accounts: 1 to 2 ms are what a reader's
// benchmark can bear.
func BenchmarkPage(b *testing.B) {
	h := &SignalWire{Accounts: &Lazy{N: 2_000_000, UUID: true}, Project: "p", Token: "t"}
	for name, h := range map[string]http.Handler{"made": h, "cached": CachePages(h, 1<<30)} {
		b.Run(name, func(b *testing.B) {
			req, _ := http.NewRequest(http.MethodGet, signalWirePath+"?PageSize=1000", nil)
			req.SetBasicAuth("p", "t")
			b.ReportAllocs()
			for b.Loop() {
				out := &sink{header: http.Header{}}
				h.ServeHTTP(out, req)
				b.SetBytes(int64(out.n))
			}
		})
	}
}

type sink struct {
	header http.Header
	n      int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(int)             {}
func (s *sink) Write(b []byte) (int, error) { s.n += len(b); return len(b), nil }
