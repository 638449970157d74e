package pipeline

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rollcall/sources/simulate"
)

// A listing that says that it is not complete changes nothing, though it has a
// list of accounts and an end.
func TestAListingThatSaysMoreChangesNothing(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range stateless {
		for _, c := range []struct {
			fault simulate.Action
			says  string
		}{
			{simulate.ListMember("has_more", "true"), "has_more"},
			{simulate.ListMember("next_page_url", `"/more"`), ""}, // SignalWire's is followed where there is no other
			{simulate.ListMember("total", "100"), "of 100 records"},
			{simulate.ListMember("num_pages", "9"), "of 9 pages"},
			{simulate.ListMember("error", `{"code":500}`), "(error)"},
			{simulate.ListMember("status", "500"), "(status)"},
			{simulate.Under(http.StatusPartialContent), "206"},
		} {
			t.Run(provider+"/"+c.fault.Name, func(t *testing.T) {
				r := base.fresh(t)
				n := r.connect(acme, provider, below(12)...)
				r.mustSync("succeeded")
				n.world.Remove("a00")
				rule := n.On(simulate.Listing).Do(c.fault)
				r.unchanged(func() {
					if said := r.mustSync("failed").Err.Error(); !strings.Contains(said, c.says) {
						t.Errorf("the error is %s, want it to say %q", said, c.says)
					}
				})
				if rule.Fired() == 0 {
					t.Error("the fault did not take place")
				}
			})
		}
	}
}

// Pages that bring nothing new are no progress, whatever their cursors.
func TestPagesThatRepeatAreGivenUp(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{"signalwire", "audian", "kazoo"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			r, n := rigOf(t, provider, below(12)...)
			n.set("PAGE_SIZE", "5")
			r.mustSync("succeeded")
			n.set("TIMEOUT", "3s")
			rule := n.On(simulate.Listing).Do(simulate.NextIsEndless())
			r.unchanged(func() {
				if said := r.mustSync("failed").Err.Error(); !strings.Contains(said, "TIMEOUT") || !strings.Contains(said, "nothing new") {
					t.Errorf("the error is %s", said)
				}
			})
			if rule.Fired() < 3 {
				t.Errorf("only %d pages were read", rule.Fired())
			}
		})
	}
}

// A provider that takes longer than TIMEOUT for a batch, but not for an
// account, is not given up.
func TestASlowProviderIsWaitedFor(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{"signalwire", "agendize"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			r, n := rigOf(t, provider, below(40)...)
			n.set("TIMEOUT", "2s")
			rule := n.On(simulate.Listing).Times(1).Do(simulate.Trickle(20, 200*time.Millisecond))
			r.mustSync("succeeded")
			r.mustEqual(n.expected())
			if rule.Fired() == 0 {
				t.Error("the fault did not take place")
			}
		})
	}
}

// A watchdog gives a run up once nothing new came for TIMEOUT.
func TestWatchdog(t *testing.T) {
	const timeout = time.Minute
	almost := timeout - time.Second
	for _, c := range []struct {
		name   string
		things []string // one each almost
		want   time.Duration
		says   string
	}{
		{"nothing", nil, timeout, "was given up"},
		{"new ones", []string{"a", "b", "c"}, 3*almost + timeout, "was given up"},
		{"the same again", []string{"a", "b", "a", "b", "a"}, 2*almost + timeout, "nothing new"},
		{"without an id", []string{"", "", ""}, timeout, "was given up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newWatchdog(timeout)
				began := time.Now()
				ctx, stop := p.watch(t.Context())
				defer stop()
				go func() {
					for _, id := range c.things {
						time.Sleep(almost)
						p.arrived("account", id)
					}
				}()
				<-ctx.Done()
				if took := time.Since(began); took != c.want {
					t.Errorf("given up after %v, want %v", took, c.want)
				}
				if err := context.Cause(ctx); !strings.Contains(err.Error(), c.says) {
					t.Errorf("err = %v, want %q", err, c.says)
				}
				time.Sleep(time.Hour) // in fake time: the things end
			})
		})
	}
}

// TestSeen checks that the set never takes an old hash for a new one, and rarely
// a new one for an old one.
func TestSeen(t *testing.T) {
	const n = 1_000_000
	hash := func(i uint64) uint64 {
		i *= 0x9e3779b97f4a7c15
		i ^= i >> 29
		i *= 0xbf58476d1ce4e5b9
		return i ^ i>>32
	}
	var s seen
	fresh := 0
	for i := range uint64(n) {
		if s.add(hash(i)) {
			fresh++
		}
	}
	if fresh < n/2 {
		t.Errorf("%d of %d were taken for new ones", fresh, n)
	}
	for i := range uint64(n) {
		if s.add(hash(i)) {
			t.Fatalf("hash %d is taken for a new one", i)
		}
	}
	if size := len(s.bitmaps); size != 2 {
		t.Errorf("%d bitmaps", size)
	}
}
