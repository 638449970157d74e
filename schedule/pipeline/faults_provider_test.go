package pipeline

import (
	"testing"
	"time"

	"rollcall/sink/sinktest/proxy"
)

// What goes wrong once on the way to a provider, at whatever answer, a run gets
// over.
func TestFaultsOfAnAnswer(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	places := []string{"the first page", "a later page", "a missing account"}
	for i, fault := range []struct {
		name string
		at   proxy.Moment
		do   proxy.Effect
	}{
		{"is cut before it", proxy.Answer, proxy.Cut()},
		{"is cut within its head", proxy.Answer, proxy.CutHalfway()},
		{"is cut within its body", proxy.Body, proxy.CutHalfway()},
		{"is late", proxy.Answer, proxy.Delay(50 * time.Millisecond)},
		{"drips", proxy.Body, proxy.Drip()},
		{"falls into a black hole", proxy.Answer, proxy.BlackHole()},
		{"falls into one with its body", proxy.Body, proxy.BlackHole()},
		{"comes too late", proxy.Answer, proxy.Delay(time.Minute)},
	} {
		for n := range proxy.HowMany(t, 1, len(places)) { // one place of each, or all
			at := (i + n) % len(places)
			t.Run(places[at]+" "+fault.name, func(t *testing.T) {
				d := base.fresh(t).aDay()
				d.n.set("REQUEST_TIMEOUT", "500ms")
				last := d.last()
				injected := d.provider.Inject(fault.at, 2*at, fault.do)
				result := d.run(t.Context(), acme)
				if !injected.TookPlace() {
					t.Error("the fault did not take place")
				}
				if status := d.judge(last, result); status != "succeeded" {
					t.Errorf("the run is recorded as %q, error: %v", status, result.Err)
				}
				d.mustHeal()
			})
		}
	}
}

// A provider whose every answer is swallowed is given up, and nothing is applied.
func TestFaultsAProviderInABlackHole(t *testing.T) {
	t.Parallel()
	d := aDay(t)
	// Longer by far than a busy machine takes for the page that does come.
	d.n.set("REQUEST_TIMEOUT", "1s", "TIMEOUT", "4s")
	hole := d.provider.Inject(proxy.Answer, 1, proxy.Partition())
	last := d.last()
	result := d.run(t.Context(), acme)
	if !hole.TookPlace() {
		t.Error("the fault did not take place")
	}
	d.settle()
	if status := d.judge(last, result); status != "failed" {
		t.Errorf("the run is recorded as %q", status)
	}
	d.n.set("REQUEST_TIMEOUT", "30s", "TIMEOUT", "10m")
	d.mustHeal()
}
