package pipeline

import (
	"strings"
	"testing"

	"rollcall/sources/simulate"
)

// What becomes of one record that is wrong in one field: the field is null or
// as good as can be, and all others are taken.
var brokenFields = []struct {
	wrong simulate.Break
	row   func(*row)
	warns bool
}{
	{simulate.NULInName, func(w *row) { w.Name = "beforeafter" }, false},
	{simulate.BadUTF8, func(w *row) { w.Name = "caf " }, false},
	{simulate.HugeName, func(w *row) { w.Name = strings.Repeat("x", 3<<19) }, false},
	{simulate.NumberName, func(w *row) { w.Name = "42" }, false},
	{simulate.NullName, func(w *row) { w.Name = "" }, false},
	{simulate.UnknownStatus, func(w *row) { w.Status = "unknown" }, true},
	{simulate.BadDate, func(w *row) { w.Created = "" }, true},
}

func TestARecordThatIsWrongInOneField(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, b := range brokenFields {
		for _, provider := range []string{"signalwire", "agendize", "audian"} {
			t.Run(string(b.wrong)+"/"+provider, func(t *testing.T) {
				r := base.fresh(t)
				n := r.connect(acme, provider, below(4)...)
				n.set("REQUEST_TIMEOUT", "30s")
				rule := n.On(simulate.Any).Do(simulate.BreakRecords(b.wrong, "a01"))
				want := n.expected()
				wrong := want["a01"]
				b.row(&wrong)
				if provider == "agendize" && b.wrong == simulate.NullName {
					wrong.Name = "Account a01" // its display name
				}
				want["a01"] = wrong
				result := r.mustSync("succeeded")
				if rule.Fired() == 0 || result.Rejected != 0 {
					t.Errorf("the fault took place %d times, %d records were rejected", rule.Fired(), result.Rejected)
				}
				r.mustEqual(want)
				if warned := strings.Contains(r.log.String(), `"example":"a01"`); warned != b.warns {
					t.Errorf("a warning was logged: %v, want %v", warned, b.warns)
				}
				r.mustWriteNothing()
				n.Clear()
				r.mustSync("succeeded")
				r.mustEqual(n.expected())
			})
		}
	}
}

// Records that cannot be taken at all. Where the directory has the account, it
// keeps its last good version.
var brokenRecords = []struct {
	wrong  simulate.Break
	reason string
}{
	{simulate.NoID, "no id"},
	{simulate.NullID, "no id"},
	{simulate.NULInID, "no id"},
	{simulate.NullRecord, "no id"},
	{simulate.StringRecord, "no id"},
	{simulate.HugeRecord, "4 MiB"}, // the id comes after the name, where nobody reads
}

func TestARecordThatCannotBeTakenIsRejected(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, b := range brokenRecords {
		for _, provider := range []string{"signalwire", "agendize"} {
			t.Run(string(b.wrong)+"/"+provider, func(t *testing.T) {
				r := base.fresh(t)
				n := r.connect(acme, provider, below(4)...)
				rule := n.On(simulate.Listing).Do(simulate.BreakRecords(b.wrong, "a01"))
				result := r.mustSync("succeeded")
				others := n.expected()
				delete(others, "a01")
				r.mustEqual(others)
				if rule.Fired() == 0 || result.Rejected != 1 || result.Fetched != 4 {
					t.Errorf("the fault took place %d times, %+v", rule.Fired(), result.Counts)
				}
				var reasons []string
				r.list(&reasons, `SELECT reason FROM directory.rejects WHERE resolved_at IS NULL`)
				if len(reasons) != 1 || !strings.Contains(reasons[0], b.reason) {
					t.Errorf("open rejects: %q", reasons)
				}
				r.mustWriteNothing()

				n.Clear()
				r.mustSync("succeeded")
				r.mustEqual(n.expected())
				n.On(simulate.Listing).Do(simulate.BreakRecords(b.wrong, "a01"))
				n.world.Update("a01", func(a *simulate.Account) { a.Name = "Changed" })
				before := r.directory()
				r.mustSync("held") // the listing does not name it, but it answers
				r.mustEqual(before)
			})
		}
	}
}

// An id that is a number of 64 bits keeps every digit.
func TestALargeNumberIsAnID(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"signalwire", "agendize"} {
		r := base.fresh(t)
		n := r.connect(acme, provider, below(4)...)
		rule := n.On(simulate.Listing).Do(simulate.BreakRecords(simulate.NumberID, "a01"))
		r.mustSync("succeeded")
		want := n.expected()
		numbered := want["a01"]
		delete(want, "a01")
		numbered.ID = simulate.LargeID
		if provider == "signalwire" {
			numbered.Parent = root
		}
		want[simulate.LargeID] = numbered
		r.mustEqual(want)
		if rule.Fired() == 0 {
			t.Error("the fault did not take place")
		}
		r.mustWriteNothing()
	}
}

// A Kazoo account whose details cannot be read is taken with what its list
// says, laid over what the directory has; the run is partial and deletes
// nothing.
func TestDetailsThatCannotBeReadMakeARunPartial(t *testing.T) {
	t.Parallel()
	r, n := rigOf(t, "audian", below(6)...)
	rule := n.On(simulate.PathEnd("/accounts/a02")).Do(simulate.Status(403))
	r.mustSync("partial")
	listed := row{ID: "a02", Parent: root, Name: "Account a02", Status: "unknown"}
	want := n.expected()
	want["a02"] = listed
	r.mustEqual(want)

	rule.Stop()
	r.mustSync("succeeded")
	r.mustEqual(n.expected())

	n.On(simulate.PathEnd("/accounts/a02")).Do(simulate.Status(403))
	n.world.Update("a02", func(a *simulate.Account) { a.Name, a.Status = "Renamed", simulate.Suspended })
	n.world.Remove("a04")
	result := r.mustSync("partial")
	if !strings.Contains(result.Err.Error(), "a02") || result.Deleted > 0 {
		t.Errorf("deleted %d, error %v", result.Deleted, result.Err)
	}
	want = n.expected()
	changed := want["a02"]
	changed.Status = "active" // as it last was: the list does not say
	want["a02"] = changed
	want["a04"] = n.row(account("a04", root))
	r.mustEqual(want)
}
