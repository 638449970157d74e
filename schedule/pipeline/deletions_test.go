package pipeline

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rollcall/sources/simulate"
)

// ids are the ids of accounts from to n, as numbered gives them.
func ids(from, to int) []string {
	var list []string
	for i := from; i < to; i++ {
		list = append(list, fmt.Sprintf("a%02d", i))
	}
	return list
}

// deleted are the ids of acme's deleted accounts.
func (r *rig) deleted() []string {
	r.t.Helper()
	list := []string{}
	r.list(&list, `SELECT external_id FROM directory.accounts WHERE source = $1 AND deleted_at IS NOT NULL ORDER BY external_id`, acme)
	return list
}

// held are the ids of acme's held deletions.
func (r *rig) held() []string {
	r.t.Helper()
	list := []string{}
	r.list(&list, `SELECT external_id FROM directory.held_deletions WHERE source = $1 ORDER BY external_id`, acme)
	return list
}

// age makes all that happened so far lie d further back.
func (r *rig) age(d time.Duration) {
	r.t.Helper()
	seconds := d.Seconds()
	for _, statement := range []string{
		`UPDATE directory.accounts SET first_seen_at = first_seen_at - $1 * interval '1 second', changed_at = changed_at - $1 * interval '1 second', deleted_at = deleted_at - $1 * interval '1 second'`,
		`UPDATE directory_internal.account_version SET valid_from = valid_from - $1 * interval '1 second', valid_to = valid_to - $1 * interval '1 second', deleted_at = deleted_at - $1 * interval '1 second'`,
		`UPDATE directory_internal.applied_run SET at = at - $1 * interval '1 second'`,
		`UPDATE directory_internal.connection SET last_applied_at = last_applied_at - $1 * interval '1 second'`,
		`UPDATE directory.runs SET started_at = started_at - $1 * interval '1 second', finished_at = finished_at - $1 * interval '1 second'`,
	} {
		r.exec(statement, seconds)
	}
	r.moments = nil
}

// The deletions of a day are held that are more than ten and more than
// MAX_DELETE_PERCENT, or more than half and than MAX_DELETE_PERCENT, or that leave
// nothing; with MAX_DELETE_PERCENT=0, all are.
func TestTooManyDeletionsAreHeld(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, c := range []struct {
		name    string
		live    int
		percent string
		gone    [][]string // sync by sync, the last one being judged
		held    bool
	}{
		{"ten of eleven", 11, "10", [][]string{ids(0, 10)}, true},
		{"more than half of few", 11, "10", [][]string{ids(0, 6)}, true},
		{"half of few", 12, "10", [][]string{ids(0, 6)}, false},
		{"one of two", 2, "10", [][]string{ids(0, 1)}, false},
		{"more than half of few, of the day", 12, "10", [][]string{ids(0, 6), {"a06"}}, true},
		{"more than half of few, allowed", 11, "60", [][]string{ids(0, 6)}, false},
		{"sixty percent of few", 10, "60", [][]string{ids(0, 6)}, false},
		{"more than sixty percent of few", 10, "60", [][]string{ids(0, 7)}, true},
		{"ten, less than half", 21, "1", [][]string{ids(0, 10)}, false},
		{"eleven, less than half", 23, "10", [][]string{ids(0, 11)}, true},
		{"one at nought percent", 12, "0", [][]string{ids(0, 1)}, true},
		{"eleven at nought percent", 95, "0", [][]string{ids(0, 11)}, true},
		{"a tenth of many", 120, "10", [][]string{ids(0, 12)}, false},
		{"more than a tenth of many", 120, "10", [][]string{ids(0, 13)}, true},
		{"a tenth of many, of the day", 120, "10", [][]string{ids(0, 6), ids(6, 12)}, false},
		{"more than a tenth of many, of the day", 120, "10", [][]string{ids(0, 12), {"a12"}}, true},
		{"none left", 3, "100", [][]string{ids(0, 3)}, true},
		{"the last one left", 3, "100", [][]string{ids(0, 2), {"a02"}}, true},
		{"all but one", 30, "100", [][]string{ids(0, 29)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, "signalwire", numbered(c.live)...)
			n.set("MAX_DELETE_PERCENT", c.percent)
			r.mustSync("succeeded")
			var before []string
			for _, gone := range c.gone[:len(c.gone)-1] {
				n.world.Remove(gone...)
				r.mustSync("succeeded")
				before = append(before, gone...)
			}
			last := c.gone[len(c.gone)-1]
			n.world.Remove(last...)
			if !c.held {
				r.mustSync("succeeded")
				if got := r.deleted(); !slices.Equal(got, append(before, last...)) || len(r.held()) > 0 {
					t.Errorf("deleted %v, held %v", got, r.held())
				}
				return
			}
			r.unchanged(func() { r.mustSync("held") })
			if got := r.held(); !slices.Equal(got, last) {
				t.Errorf("held %v, want %v", got, last)
			}
			r.age(25 * time.Hour)
			status := "held"
			if len(before) > 0 && n.world.Len() > 0 { // the day of the others is over
				status = "succeeded"
			}
			r.mustSync(status)
		})
	}
}

// Deletions that a clock dated ahead, and that was set back since, count until a
// run after them is a day old.
func TestDeletionsInTheFutureGrowOld(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(12)...)
	r.mustSync("succeeded")
	sync := func(status string) {
		r.t.Helper()
		r.moments = nil // the past is not as old as it says
		r.mustSync(status)
	}
	r.exec(`UPDATE directory_internal.connection SET last_applied_at = now() + interval '1 year'`)
	n.world.Remove(ids(0, 6)...)
	sync("succeeded")
	n.world.Remove("a06")
	sync("held")
	later := func(run int64) {
		r.exec(`UPDATE directory.runs SET started_at = started_at - interval '25 hours', finished_at = finished_at - interval '25 hours' WHERE id <= $1`, run)
	}
	later(r.lastRun().ID - 1) // the run that deleted began a day ago: it may have taken long
	sync("held")
	later(r.lastRun().ID)
	sync("succeeded")
	if got := r.deleted(); !slices.Equal(got, ids(0, 7)) {
		t.Errorf("deleted %v", got)
	}
}

// Accounts that are replaced by others are no empty listing: MAX_DELETE_PERCENT
// can allow it.
func TestAllAccountsCanBeReplaced(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(3)...)
	n.set("MAX_DELETE_PERCENT", "100")
	r.mustSync("succeeded")
	n.world.Remove(ids(0, 3)...)
	n.world.Put(account("new", ""))
	result := r.mustSync("succeeded")
	if result.Deleted != 3 || result.Created != 1 {
		t.Errorf("%+v", result.Counts)
	}
}

// One missing account that answers to its id, or of which nothing can be
// learnt, holds all deletions.
func TestAListingThatLiedHoldsAllDeletions(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	lie := func(id string) simulate.Match { return simulate.PathEnd("/" + id + ".json") }
	for name, c := range map[string]struct {
		fault simulate.Action // to the lookup of a00, which is deleted
		says  string
		held  bool
	}{
		"gone":             {simulate.Pass, "", false},
		"410":              {simulate.Status(http.StatusGone), "", false},
		"forbidden":        {simulate.Status(http.StatusForbidden), "403", true},
		"failing":          {simulate.Status(http.StatusInternalServerError), "500", true},
		"another account":  {simulate.Body(`{"sid":"a05","status":"active"}`), "sid differs", true},
		"no object":        {simulate.Body(`[]`), "", true},
		"itself":           {simulate.Body(`{"sid":"a00","status":"active"}`), "a00, which still exists", true},
		"unknown status":   {simulate.Body(`{"sid":"a00","status":"hibernating"}`), "a00, which still exists", true},
		"closed, as other": {simulate.Body(`{"sid":"a05","status":"closed"}`), "sid differs", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, "signalwire", numbered(12)...)
			r.mustSync("succeeded")
			n.world.Remove("a00", "a01")
			n.world.Update("a02", func(a *simulate.Account) { a.Name = "Renamed" })
			rule := n.On(lie("a00")).Do(c.fault)
			if !c.held {
				r.mustSync("succeeded")
				if got := r.deleted(); !slices.Equal(got, []string{"a00", "a01"}) {
					t.Errorf("deleted %v", got)
				}
			} else {
				r.mustSync("held")
				if got := r.held(); !slices.Equal(got, []string{"a00", "a01"}) || len(r.deleted()) > 0 {
					t.Errorf("held %v, deleted %v", got, r.deleted())
				}
				if said := r.lastRun().Error; !strings.Contains(said, c.says) {
					t.Errorf("the run says %q, want %q in it", said, c.says)
				}
			}
			if got := r.directory()["a02"].Name; got != "Renamed" || rule.Fired() == 0 {
				t.Errorf("a02 is named %q; the fault took place %d times", got, rule.Fired())
			}
		})
	}
}

// A missing account that answers as closed or suspended is updated, and the
// others are deleted.
func TestAMissingAccountThatIsClosedIsUpdated(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for provider, status := range map[string]string{"signalwire": "closed", "agendize": "suspended", "audian": "suspended"} {
		t.Run(provider, func(t *testing.T) {
			r := base.fresh(t)
			n := r.connect(acme, provider, below(12)...)
			r.mustSync("succeeded")
			n.world.Update("a00", func(a *simulate.Account) { a.Status = status })
			n.world.Remove("a01")
			rule := n.On(simulate.Listing).Do(simulate.Without("a00"))
			result := r.mustSync("succeeded")
			want := n.expected()
			gone := account("a01", root)
			want["a01"] = n.row(gone)
			w := want["a01"]
			w.Deleted = true
			want["a01"] = w
			r.mustEqual(want)
			if got := r.changes(result.RunID); !slices.Equal(got, []string{"deleted a01", "updated a00 status,payload"}) {
				t.Errorf("changes: %q", got)
			}
			if rule.Fired() == 0 {
				t.Error("the fault did not take place")
			}
			r.mustWriteNothing()
			r.mustEqual(want)
		})
	}
}

// At most twenty of the missing accounts are looked up.
func TestTwentyOfTheMissingAreAskedFor(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", numbered(60)...)
	n.set("MAX_DELETE_PERCENT", "100")
	r.mustSync("succeeded")
	n.world.Remove(ids(0, 50)...)
	n.ResetStats()
	r.mustSync("succeeded")
	if asked := n.Routes()["GET /api/laml/2010-04-01/Accounts/{id}"]; asked != 20 {
		t.Errorf("%d accounts were looked up, want 20", asked)
	}
	if got := len(r.deleted()); got != 50 {
		t.Errorf("%d accounts are deleted, want 50", got)
	}
}

// A deleted account that comes back is the same account, and its children, who
// kept it as a parent, are still below it.
func TestADeletedAccountComesBack(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "signalwire", account("top", ""), account("mid", "top"), account("leaf", "mid"))
	r.mustSync("succeeded")
	id := func() (id int64) {
		r.get(&id, `SELECT id FROM directory.accounts WHERE external_id = 'mid'`)
		return id
	}
	was := id()
	mid, _ := n.world.Get("mid")
	n.world.Remove("mid")
	result := r.mustSync("succeeded")
	if got := r.directory()["leaf"]; got.Above != "mid" || got.Deleted {
		t.Errorf("the child of a deleted account is %+v", got)
	}
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"deleted mid"}) {
		t.Errorf("changes: %q", got)
	}
	r.mustWriteNothing()
	n.world.Put(mid)
	result = r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"restored mid deleted_at"}) || id() != was {
		t.Errorf("changes: %q; its id was %d and is %d", got, was, id())
	}
	r.mustEqual(n.expected())
	n.world.Remove("mid")
	r.mustSync("succeeded")
	mid.Name, mid.Parent = "Mid", "leaf"
	n.world.Put(mid)
	result = r.mustSync("succeeded")
	if got := r.changes(result.RunID); !slices.Equal(got, []string{"restored mid parent_external_id,name,payload,deleted_at"}) || id() != was {
		t.Errorf("changes: %q; its id was %d and is %d", got, was, id())
	}
	r.mustEqual(n.expected())
}
