package pipeline

import (
	"net/http"
	"testing"

	"pgregory.net/rapid"

	"rollcall/sources/simulate"
)

// A known account is one of Backstack's as the directory is to have it. full
// shows that its own session was read once: what only that one shows stays.
type known struct {
	row
	full bool
}

// A reading says which parts of a Backstack connection cannot be read.
type reading struct {
	world    []simulate.Account
	expired  map[string]bool // sessions, by account
	networks map[string]bool // networks that are refused, by account
}

// backstackNext works out from the documents what a reading makes of the
// directory; failed where not one session answers.
func backstackNext(before map[string]known, in reading) (after map[string]known, status string) {
	own, sessions := map[string]bool{}, 0
	for _, a := range in.world {
		if hasSession(a.ID) {
			sessions++
			own[a.ID] = !in.expired[a.ID]
		}
	}
	expired, refused := 0, 0
	for _, a := range in.world {
		switch {
		case hasSession(a.ID) && !own[a.ID]:
			expired++
		case own[a.ID] && in.networks[a.ID]:
			refused++
		}
	}
	if expired == sessions {
		return before, "failed"
	}
	after = map[string]known{}
	for id, k := range before {
		after[id] = k
	}
	seen := map[string]bool{}
	for _, a := range in.world {
		parent := ""
		if a.Parent != a.ID && own[a.Parent] && !in.networks[a.Parent] {
			parent = a.Parent
		}
		stored, was := before[a.ID]
		k := known{row: row{ID: a.ID, Parent: parent, Name: a.Name, Status: "unknown"}}
		switch {
		case own[a.ID]:
			k = known{row: rowOf(a), full: true}
			k.Parent, k.Status = parent, "active"
			if parent == "" && expired+refused > 0 {
				k.Parent = stored.Parent
			}
		case parent == "":
			continue
		case was:
			if stored.full {
				k.Name, k.Email, k.Created, k.full = stored.Name, stored.Email, stored.Created, true
			}
			if expired > 0 {
				k.Status = stored.Status
			}
		}
		after[a.ID], seen[a.ID] = k, true
	}
	if expired+refused > 0 {
		return after, "partial"
	}
	for id, k := range after {
		if !seen[id] {
			k.Parent, k.Status = "", "unknown" // it left the network and lives on
			after[id] = k
		}
	}
	return after, "succeeded"
}

func hasSession(id string) bool { return id[0] == 's' }

func TestBackstackKeepsWhatItsSessionsCannotTell(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		r := base.fresh(t)
		holders := []string{"s1", "s2", "s3"}
		accounts := make([]simulate.Account, len(holders))
		for i, id := range holders {
			accounts[i] = account(id, rapid.SampledFrom([]string{"", "s1", "s2", "s3"}).Draw(t, "parent of "+id))
		}
		n := r.connect(acme, "backstack", accounts...)
		dialect := n.handler.(*simulate.Backstack)
		rows := map[string]known{}
		for range rapid.IntRange(1, 5).Draw(t, "rounds") {
			changeNetworks(t, n.world)
			in := reading{world: n.world.Snapshot(), expired: map[string]bool{}, networks: map[string]bool{}}
			n.Clear()
			for _, id := range holders {
				dialect.Renew(session(id))
				switch rapid.SampledFrom([]string{"is read", "is read", "is read", "has expired", "has no network to read"}).Draw(t, "session of "+id) {
				case "has expired":
					dialect.Expire(session(id))
					in.expired[id] = true
				case "has no network to read":
					n.On(simulate.Both(simulate.Session(session(id)), simulate.PathEnd("/networks"))).Do(simulate.Status(http.StatusForbidden))
					in.networks[id] = true
				}
			}
			var status string
			rows, status = backstackNext(rows, in)
			r.mustSync(status)
			r.mustEqual(plain(rows))
			r.mustWriteNothing()
			r.mustEqual(plain(rows))
		}
	})
}

func plain(rows map[string]known) map[string]row {
	out := map[string]row{}
	for id, k := range rows {
		out[id] = k.row
	}
	return out
}

// changeNetworks renames, moves, adds and removes accounts; those with a
// session stay.
func changeNetworks(t *rapid.T, w *simulate.World) {
	ids := []string{"s1", "s2", "s3", "m1", "m2", "m3"}
	for range rapid.IntRange(0, 4).Draw(t, "deeds") {
		id := rapid.SampledFrom(ids).Draw(t, "account")
		parent := rapid.SampledFrom([]string{"", "s1", "s2", "s3", "m1"}).Draw(t, "parent")
		switch _, there := w.Get(id); {
		case !there:
			w.Put(account(id, parent))
			t.Logf("  %s comes, below %q", id, parent)
		case rapid.Bool().Draw(t, "moves"):
			w.Move(id, parent)
			t.Logf("  %s moves below %q", id, parent)
		case !hasSession(id) && rapid.Bool().Draw(t, "goes"):
			w.Remove(id)
			t.Logf("  %s goes", id)
		default:
			w.Update(id, func(a *simulate.Account) { a.Name += "+" })
			t.Logf("  %s is renamed", id)
		}
	}
}
