package pipeline

import (
	"slices"
	"strings"
	"testing"

	"rollcall/sources/simulate"
)

// An expired session says nothing about its account, nor about its network.
func TestAnExpiredSession(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "backstack", account("s1", ""), account("s2", "s1"), account("m1", "s1"), account("m2", "s2"))
	dialect := n.handler.(*simulate.Backstack)
	r.mustSync("succeeded")
	before := r.directory()
	if before["s2"].Above != "s1" || before["m2"].Above != "s2" || before["m1"].Status != "unknown" || before["s1"].Status != "active" {
		t.Fatalf("at first:\n%s", lines(before))
	}
	for _, id := range []string{"s1", "s2"} {
		dialect.Expire(session(id))
		r.unchanged(func() {
			result := r.mustSync("partial")
			if result.Err == nil || !strings.Contains(result.Err.Error(), "session") || !strings.Contains(r.lastRun().Error, "401") {
				t.Errorf("error %v; recorded %q", result.Err, r.lastRun().Error)
			}
		})
		dialect.Renew(session(id))
	}
	dialect.Expire(session("s1"), session("s2"))
	r.unchanged(func() { r.mustSync("failed") })
	dialect.Renew(session("s1"), session("s2"))
	r.mustWriteNothing()
}

// An account that leaves its network lives on, as a root of unknown status.
func TestAnAccountThatLeavesItsNetwork(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "backstack", account("s1", ""), account("m1", "s1"), account("m2", "s1"))
	r.mustSync("succeeded")
	n.world.Move("m1", "")
	result := r.mustSync("succeeded")
	if w := r.directory()["m1"]; w.Parent != "" || w.Status != "unknown" || w.Deleted {
		t.Errorf("%+v", w)
	}
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"moved m1 parent_external_id"}) {
		t.Errorf("versions %q", got)
	}
	r.mustWriteNothing()
	n.world.Move("m1", "s1")
	result = r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"moved m1 parent_external_id"}) {
		t.Errorf("versions %q", got)
	}
	r.mustWriteNothing()
}

// An account of its own session that loses it keeps what only that one showed.
func TestLowerDetailNeverOverwritesFullDetail(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "backstack", account("s1", ""), account("s2", "s1"))
	r.mustSync("succeeded")
	full := r.directory()["s2"]
	n.set("SESSIONS", session("s1"))
	n.world.Update("s2", func(a *simulate.Account) { a.Email = "new@example.com" })
	r.mustSync("succeeded")
	full.Status = "unknown"
	if got := r.directory()["s2"]; got != full {
		t.Errorf("got %+v, want %+v", got, full)
	}
	r.mustWriteNothing()
}
