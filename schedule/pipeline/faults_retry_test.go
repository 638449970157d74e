package pipeline

import (
	"net/http"
	"testing"
	"time"

	"rollcall/sources/simulate"
)

// unhurried has an action's answers left as they are.
func unhurried(a simulate.Action) simulate.Action {
	return simulate.Act("unhurried", func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		w.Header().Set(patient, "yes")
		faults := simulate.NewFaults(next)
		faults.On(simulate.Any).Do(a)
		faults.ServeHTTP(w, r)
	})
}

// A throttled reader waits as long as Retry-After says, or some time without it,
// and continues.
func TestAThrottledReaderWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault   simulate.Action
		atLeast time.Duration
	}{
		"Retry-After in seconds": {simulate.Throttle("1"), time.Second},
		"Retry-After as a date":  {simulate.ThrottleUntil(2 * time.Second), time.Second - 50*time.Millisecond}, // dates have no fractions
		"no Retry-After":         {unhurried(simulate.Throttle("")), 100 * time.Millisecond},
		"a failure":              {unhurried(simulate.Status(http.StatusBadGateway)), 100 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, n := rigOf(t, "signalwire", numbered(12)...)
			n.set("PAGE_SIZE", "5")
			rule := n.On(simulate.Listing).Skip(1).Times(1).Do(c.fault)
			began := time.Now()
			r.mustSync("succeeded")
			if took := time.Since(began); took < c.atLeast || rule.Fired() != 1 {
				t.Errorf("the run took %v, want at least %v; the fault took place %d times", took, c.atLeast, rule.Fired())
			}
			r.mustEqual(n.expected())
		})
	}
}

// What goes wrong up to four times in a row, a reader gets over.
func TestAReaderGetsOverHiccups(t *testing.T) {
	t.Parallel()
	hiccups := map[string]struct {
		fault simulate.Action
		times int
	}{
		"failing":           {simulate.Status(http.StatusInternalServerError), 4},
		"throttling":        {simulate.Throttle("0"), 4},
		"stalling":          {simulate.Stall(), 1},
		"cut connection":    {simulate.Cut(), 1},
		"cut body":          {simulate.CutBody(), 1},
		"cut compression":   {simulate.GzipCut(), 1},
		"page for visitors": {simulate.HTML(), 1},
	}
	for _, provider := range stateless {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			base := newRig(t)
			for name, c := range hiccups {
				t.Run(name, func(t *testing.T) {
					r := base.fresh(t)
					n := r.connect(acme, provider, below(6)...)
					n.set("REQUEST_TIMEOUT", "300ms")
					rule := n.On(simulate.Listing).Times(c.times).Do(c.fault)
					r.mustSync("succeeded")
					if rule.Fired() != c.times {
						t.Errorf("the fault took place %d times, want %d", rule.Fired(), c.times)
					}
					r.mustEqual(n.expected())
				})
			}
		})
	}
}

// A token that is refused midway is replaced once, and the request repeated.
func TestARefusedTokenIsReplacedOnce(t *testing.T) {
	r, n := rigOf(t, "audian", below(12)...)
	dialect := n.handler.(*simulate.Kazoo)
	n.set("PAGE_SIZE", "5")
	rule := n.On(simulate.Listing).Skip(1).Times(1).Do(simulate.Call(dialect.ExpireTokens))
	r.mustSync("succeeded")
	if issued := dialect.TokensIssued(); issued != 2 || rule.Fired() != 1 {
		t.Errorf("%d tokens were requested, want 2; the fault took place %d times", issued, rule.Fired())
	}
	r.mustEqual(n.expected())

	n.On(simulate.Listing).Do(simulate.Status(http.StatusUnauthorized))
	r.unchanged(func() { r.mustSync("failed") })
	if issued := dialect.TokensIssued(); issued > 4 {
		t.Errorf("%d tokens were requested by a run that every token is refused to", issued-2)
	}
}

// A wrong key is refused with the key in the answer; nobody gets to see it.
func TestAWrongKeyIsNotRepeated(t *testing.T) {
	base := newRig(t)
	for _, provider := range []string{"audian", "kazoo"} {
		r := base.fresh(t)
		n := r.connect(acme, provider, below(3)...)
		n.set("API_KEY", "wrong-"+simulate.SecretMark)
		r.mustSync("failed")
	}
}
