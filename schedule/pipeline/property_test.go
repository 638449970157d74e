package pipeline

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"rollcall/sources/simulate"
)

// stateless are the providers whose complete listing says all.
var stateless = []string{"signalwire", "agendize", "audian", "kazoo"}

// transient are faults that a reader gets over by asking again, and at once.
var transient = []simulate.Action{
	simulate.Status(500), simulate.Status(502), simulate.Status(503), simulate.Throttle("0"), simulate.Throttle(""),
}

// Whatever the accounts at the provider are and whatever becomes of them, a
// clean sync leaves the directory equal to them, and another one writes nothing.
func TestTheDirectoryBecomesWhatTheProviderHas(t *testing.T) {
	t.Parallel()
	for _, provider := range stateless {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			base := newRig(t)
			rapid.Check(t, func(t *rapid.T) { followTheWorld(t, base.fresh(t), provider, false) })
		})
	}
}

// So it is where the provider fails now and then.
func TestTransientFaultsMakeNoDifference(t *testing.T) {
	t.Parallel()
	for _, provider := range stateless {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			base := newRig(t)
			rapid.Check(t, func(t *rapid.T) { followTheWorld(t, base.fresh(t), provider, true) })
		})
	}
}

func followTheWorld(t *rapid.T, r *rig, provider string, faults bool) {
	var n *tenant
	g := &god{t: t}
	if provider == "audian" || provider == "kazoo" {
		g.fixed = root
		n = r.connect(acme, provider, account(root, ""))
	} else {
		n = r.connect(acme, provider)
	}
	g.world = n.world
	n.set("MAX_DELETE_PERCENT", "100")
	if provider != "agendize" {
		n.set("PAGE_SIZE", strconv.Itoa(rapid.SampledFrom([]int{1000, 1, 2, 3, 7}).Draw(t, "page size")))
	}
	if faults {
		n.On(simulate.Any).Odds(rapid.Uint64().Draw(t, "seed"), 0.3, 3).Do(transient...)
	}
	t.Log("at first:")
	g.populate()
	rows := map[string]row{}
	for round := range rapid.IntRange(1, 4).Draw(t, "rounds") {
		if round > 0 {
			t.Logf("then:")
			g.act()
		}
		var held bool
		rows, held = next(rows, n.expected(), func(id string) bool { _, there := n.world.Get(id); return there })
		status := "succeeded"
		if held {
			status = "held"
		}
		r.mustSync(status)
		r.mustEqual(rows)
		r.mustWriteNothing()
		r.mustEqual(rows)
	}
}
