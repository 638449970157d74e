package pipeline

import (
	"strings"
	"testing"

	"rollcall/model"
	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

func replayed(o *Options) { o.Kind = Replay }

func TestAReplayWritesNothingWhereNothingDiffers(t *testing.T) {
	for _, provider := range []string{"signalwire", "agendize", "audian", "kazoo", "backstack"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			accounts := simulate.NewWorld()
			simulate.Populate(accounts, 5, 60, simulate.Shape{ID: simulate.HexID, Levels: 3})
			list := accounts.Snapshot()
			switch provider {
			case "audian", "kazoo": // all below the credential's own account
				for i := range list {
					if list[i].Parent == "" {
						list[i].Parent = root
					}
				}
				list = append(list, simulate.Account{ID: root, Name: "root", Status: simulate.Active, Created: january})
			case "backstack": // some have sessions; numbers are text that jsonb writes otherwise
				for i := range list {
					list[i].Extra = map[string]any{"big": simulate.Raw("1.50e3"), "none": simulate.Raw("-0")}
				}
				list = append(list, simulate.Account{ID: "s1", Name: "one", Status: simulate.Active, Created: january}, simulate.Account{ID: "s2", Parent: "s1", Name: "two", Status: simulate.Active, Created: january})
				list[0].Parent, list[1].Parent = "s1", "s2"
			}
			r, n := rigOf(t, provider, list...)
			n.set("MAX_DELETE_PERCENT", "100")
			r.mustSync("succeeded")
			n.world.Remove(list[1].ID)
			r.mustSync("succeeded")
			before, asked := r.tuples(), n.Requests()
			result := r.mustSync("succeeded", replayed)
			if n.Requests() != asked {
				t.Error("a replay asked the provider")
			}
			if result.Fetched == 0 || result.Changed() || r.lastRun().Complete {
				t.Errorf("the replay: %+v", r.lastRun())
			}
			if diff := difference(before, r.tuples()); diff != "" {
				t.Errorf("a replay that changes nothing wrote rows (-before +after):\n%s", diff)
			}
			r.mustWriteNothing()
		})
	}
}

func TestAReplayMapsAnew(t *testing.T) {
	r, f := newRig(t).withFake()
	f.metadata.ParentInEnvelope, f.metadata.StatusInEnvelope = true, true
	record := func(id, parent string, status model.Status) sources.Record {
		return sources.Record{ID: id, Parent: parent, Status: status, Raw: []byte(`{"id":"` + id + `","name":"old","title":"new"}`)}
	}
	all := []sources.Record{record("a", "", model.Active), record("b", "a", model.Suspended), record("c", "a", model.Active)}
	f.lists(all)
	r.mustSync("succeeded")
	f.lists(all[:2])
	r.mustSync("succeeded")
	f.metadata.Mapping++
	f.mapped = func(a *model.Account) { a.Kind = "set now" }

	var changes []string
	plan := r.run(t.Context(), acme, replayed, func(o *Options) {
		o.Plan = func(c sink.Change) error {
			changes = append(changes, c.Operation+" "+c.ExternalID+" "+c.Field)
			return nil
		}
	})
	if got, want := strings.Join(changes, ", "), "updated a kind, updated b kind, updated c kind"; got != want || plan.Updated != 3 {
		t.Errorf("the plan has %q, want %q", got, want)
	}
	want := r.directory()
	result := r.mustSync("succeeded", replayed)
	if result.Updated != 3 || result.Fetched != 3 || result.Restored != 0 {
		t.Errorf("the replay: %+v", result.Counts)
	}
	if diff := difference(want, r.directory()); diff != "" {
		t.Errorf("parents, states or deletions differ (-before +after):\n%s", diff)
	}
	var versions int64
	if r.get(&versions, `SELECT count(*) FROM directory.account_history WHERE changed = '{kind}' AND operation = 'updated' AND kind = 'set now'`); versions != 3 {
		t.Errorf("history has %d versions by the mapping, want 3", versions)
	}
	r.mustWriteNothing() // the next listing finds the fingerprints as it would have made them
}

func TestAReplayTriesRejectsAgain(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{
		dated("a", "one", 1), {Raw: []byte(`{"id":"late","name":"without"}`)}, {Raw: []byte(`{"name":"never"}`)},
	})
	r.mustSync("succeeded")
	result := r.mustSync("succeeded", replayed)
	if result.Created != 1 || r.directory()["late"].Name != "without" {
		t.Errorf("the replay: %+v; accounts %v", result.Counts, r.directory())
	}
	var open []string
	if r.list(&open, `SELECT payload ->> 'name' FROM directory.rejects WHERE resolved_at IS NULL`); len(open) != 1 || open[0] != "never" {
		t.Errorf("open rejects: %q", open)
	}
	if again := r.mustSync("succeeded", replayed); again.Changed() {
		t.Errorf("a second replay: %+v", again.Counts)
	}
}

func TestAReplayIsOfAWindowToo(t *testing.T) {
	r, f := newRig(t).withFake()
	f.lists([]sources.Record{dated("a", "one", 1), dated("b", "two", 2)})
	r.mustSync("succeeded")
	f.metadata.Mapping++
	f.mapped = func(a *model.Account) { a.Kind = "set now" }
	result := r.mustSync("succeeded", replayed, func(o *Options) { o.Window.Until = january.AddDate(0, 0, -14) })
	if result.Updated != 1 || result.Fetched != 1 {
		t.Errorf("the replay: %+v", result.Counts)
	}
}
