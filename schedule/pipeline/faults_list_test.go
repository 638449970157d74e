package pipeline

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"rollcall/sources/simulate"
)

// below makes n accounts below root, which the list of every provider has.
func below(n int) []simulate.Account {
	list := []simulate.Account{account(root, "")}
	for _, a := range numbered(n - 1) {
		a.Parent = root
		list = append(list, a)
	}
	return list
}

// broken are answers that break a listing off, whatever page they come for,
// and what the operator reads.
var broken = []struct {
	fault simulate.Action
	says  string
}{
	{simulate.Status(http.StatusBadRequest), "400"},
	{simulate.Status(http.StatusUnauthorized), "credential"},
	{simulate.Status(http.StatusForbidden), "403"},
	{simulate.Status(http.StatusInternalServerError), "500"},
	{simulate.Throttle("0"), "429"},
	{simulate.Body(`{}`), "BASE_URL"},
	{simulate.Body(`null`), "BASE_URL"},
	{simulate.Body(`{"error":"internal"}`), "BASE_URL"},
	{simulate.NoList(), "BASE_URL"},
	{simulate.Echo(http.StatusForbidden), "403"},
}

// brokenFor are answers that are taken for a hiccup and retried, up to
// five times: each is enough for one provider.
var brokenFor = map[string]struct {
	fault simulate.Action
	says  string
	skip  int
}{
	"signalwire": {simulate.HTML(), "JSON", 1},
	"agendize":   {simulate.Body(``), "early", 0},
	"audian":     {simulate.CutBody(), "early", 1},
	"kazoo":      {simulate.GzipCut(), "5 tries", 0},
}

// A listing that breaks off changes nothing, and the next run needs no repair.
func TestAListingThatBreaksOffChangesNothing(t *testing.T) {
	t.Parallel()
	for _, provider := range stateless {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			base := newRig(t)
			for i, b := range broken {
				skip := i % 2 // the first page or a later one
				if provider == "agendize" {
					skip = 0
				}
				t.Run(b.fault.Name, func(t *testing.T) { breaksOff(t, base.fresh(t), provider, b.fault, b.says, skip) })
			}
		})
		t.Run(provider+" that never recovers", func(t *testing.T) {
			t.Parallel()
			b := brokenFor[provider]
			breaksOff(t, newRig(t), provider, b.fault, b.says, b.skip)
		})
	}
}

func breaksOff(t *testing.T, r *rig, provider string, fault simulate.Action, says string, skip int) {
	n := r.connect(acme, provider, below(12)...)
	if provider != "agendize" {
		n.set("PAGE_SIZE", "5")
	}
	r.mustSync("succeeded")
	n.world.Update("a00", func(a *simulate.Account) { a.Name = "Renamed" })
	n.world.Put(account("new", root))
	rule := n.On(simulate.Listing).Skip(skip).Do(fault)
	r.unchanged(func() {
		result := r.mustSync("failed")
		if result.Err == nil || !strings.Contains(result.Err.Error(), says) {
			t.Errorf("the error is %v, want it to say %q", result.Err, says)
		}
	})
	if rule.Fired() == 0 {
		t.Error("the fault did not take place")
	}
	n.Clear()
	r.mustSync("succeeded")
	r.mustEqual(n.expected())
}

// A list without accounts, or with half of them, is a complete listing: whether
// it is to be believed, the provider is asked account by account.
func TestAListThatShrinksIsNotBelieved(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	half := []string{"a00", "a01", "a02", "a03", "a04", "a05"}
	for _, fault := range []simulate.Action{simulate.EmptyList(), simulate.Without(half...)} {
		for _, provider := range stateless {
			t.Run(fault.Name+"/"+provider, func(t *testing.T) {
				r := base.fresh(t)
				n := r.connect(acme, provider, below(12)...)
				r.mustSync("succeeded")
				rule := n.On(simulate.Listing).Do(fault)
				r.unchanged(func() {
					result := r.mustSync("held")
					if result.Held < int64(len(half)) || result.Err != nil {
						t.Errorf("held %d deletions, error %v", result.Held, result.Err)
					}
				})
				if rule.Fired() == 0 {
					t.Error("the fault did not take place")
				}
				if said := r.lastRun().Error; !strings.Contains(said, "still exist") || !strings.Contains(said, "rollcall sync acme --allow-deletes") {
					t.Errorf("the run says %q", said)
				}
				n.Clear()
				r.mustSync("succeeded")
				r.mustEqual(n.expected())
			})
		}
	}
}

// An empty page is not the end where it links to another.
func TestAnEmptyPageIsNotTheEnd(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"signalwire", "audian"} {
		r := base.fresh(t)
		n := r.connect(acme, provider, below(12)...)
		n.set("PAGE_SIZE", "5")
		at := 0
		rule := n.On(simulate.Listing).Do(simulate.EditEnvelope("an empty page in between", func(_ *http.Request, e *simulate.Envelope) {
			if at++; at == 1 {
				e.Items = [][]byte{}
			}
		}))
		r.mustSync("succeeded")
		if got := len(r.directory()); got >= 12 || got == 0 || rule.Fired() < 2 {
			t.Errorf("%s: %d accounts of 12 were read, less a page", provider, got)
		}
	}
}

// Rows that come again on a later page count once, and the later one holds.
func TestOfRepeatedRowsTheLastWins(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"signalwire", "audian"} {
		for _, known := range []bool{false, true} {
			r := base.fresh(t)
			n := r.connect(acme, provider, below(12)...)
			n.set("PAGE_SIZE", "5")
			if known {
				r.mustSync("succeeded")
			}
			var first []byte
			rule := n.On(simulate.Listing).Do(simulate.EditList("repeated row", func(items [][]byte) [][]byte {
				for _, item := range items {
					if bytes.Contains(item, []byte(`"a02"`)) && first == nil {
						first = bytes.ReplaceAll(item, []byte("Account a02"), []byte("Later"))
						return items
					}
				}
				return append([][]byte{first}, items...)
			}))
			if provider == "audian" { // its details are requested and would have the old name
				n.On(simulate.PathEnd("/a02")).Do(simulate.Rewrite("later detail", func(_ *http.Request, body []byte) []byte {
					return bytes.ReplaceAll(body, []byte(`"name":"Account a02"`), []byte(`"name":"Later"`))
				}))
			}
			result := r.mustSync("succeeded")
			want := n.expected()
			later := want["a02"]
			later.Name = "Later"
			want["a02"] = later
			r.mustEqual(want)
			if result.Fetched != 12 || rule.Fired() < 3 { // it is read twice where a page came as it was before
				t.Errorf("%s: fetched %d accounts of 12 over %d pages", provider, result.Fetched, rule.Fired())
			}
		}
	}
}

// Rows that repeat over page ends, as they do while a provider changes.
func TestRepeatedRowsCountOnce(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"signalwire", "audian"} {
		r := base.fresh(t)
		n := r.connect(acme, provider, below(12)...)
		n.set("PAGE_SIZE", "5")
		n.On(simulate.Listing).Do(simulate.Repeat(2))
		result := r.mustSync("succeeded")
		if result.Fetched != 12 || result.Created != 12 || n.Fired()["repeated rows"] == 0 {
			t.Errorf("%s: %+v", provider, result.Counts)
		}
		r.mustEqual(n.expected())
		r.mustWriteNothing()
	}
}

// A cursor that leads to where it was found is a loop: tried once more with
// larger pages, then the run fails.
func TestACursorThatRepeatsFails(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for _, provider := range []string{"signalwire", "audian", "kazoo"} {
		r := base.fresh(t)
		n := r.connect(acme, provider, below(12)...)
		n.set("PAGE_SIZE", "5")
		r.mustSync("succeeded")
		rule := n.On(simulate.Listing).Do(simulate.NextIsSelf())
		r.unchanged(func() { r.mustSync("failed") })
		if rule.Fired() < 2 || rule.Fired() > 12 {
			t.Errorf("%s: the looping list was requested %d times", provider, rule.Fired())
		}
	}
}

// Nothing is sent to another host, wherever the provider points.
func TestNothingIsSentElsewhere(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	for name, fault := range map[string]func(url string) simulate.Action{
		"next link": func(url string) simulate.Action {
			return simulate.NextIs(url + "/api/laml/2010-04-01/Accounts?PageToken=PA1")
		},
		"redirect": simulate.Redirect,
	} {
		t.Run(name, func(t *testing.T) {
			elsewhere := simulate.Elsewhere(t)
			r := base.fresh(t)
			n := r.connect(acme, "signalwire", numbered(12)...)
			n.set("PAGE_SIZE", "5")
			r.mustSync("succeeded")
			rule := n.On(simulate.Listing).Do(fault(elsewhere.URL))
			r.unchanged(func() {
				if result := r.mustSync("failed"); !strings.Contains(result.Err.Error(), "nothing was sent") {
					t.Errorf("the error is %v", result.Err)
				}
			})
			if rule.Fired() == 0 || elsewhere.Requests() > 0 {
				t.Errorf("the fault took place %d times, the other host was asked %d times", rule.Fired(), elsewhere.Requests())
			}
		})
	}
}

// A connection of which nothing is heard is given up after its TIMEOUT, and what
// the provider answered last is in the error.
func TestWithoutProgressARunIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault simulate.Action
		says  string
	}{
		"silent":    {simulate.Stall(), "TIMEOUT"},
		"throttled": {simulate.Throttle("3600"), "429"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, n := rigOf(t, "signalwire", numbered(12)...)
			n.set("PAGE_SIZE", "5")
			r.mustSync("succeeded")
			n.set("TIMEOUT", "3s")
			rule := n.On(simulate.Listing).Skip(1).Do(test.fault)
			began := time.Now()
			r.unchanged(func() {
				said := r.mustSync("failed").Err.Error()
				if !strings.Contains(said, "TIMEOUT") || !strings.Contains(said, test.says) {
					t.Errorf("the error is %s", said)
				}
			})
			if took := time.Since(began); took > time.Minute || rule.Fired() == 0 {
				t.Errorf("giving up after 3s took %v; the fault took place %d times", took, rule.Fired())
			}
			n.Clear()
			r.mustSync("succeeded")
		})
	}
}
