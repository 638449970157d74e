package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
)

// A listed record is one that a fake provider lists.
type listed struct {
	ID, Name, Parent, Status string
	Wrong                    string // why it cannot be taken; "" where it can
	Lower, KeepParent        bool
	KeepStatus               bool
}

// GoString is how a failed case is printed.
func (l listed) GoString() string {
	text := fmt.Sprintf("%q named %s, %s, below %q", l.ID, l.Name, l.Status, l.Parent)
	for what, true := range map[string]bool{" (" + l.Wrong + ")": l.Wrong != "", " (lower)": l.Lower, " (keeps its parent)": l.KeepParent, " (keeps its status)": l.KeepStatus} {
		if true {
			text += what
		}
	}
	return text
}

// record is what the provider hands on.
func (l listed) record() sources.Record {
	object := map[string]any{"id": l.ID, "name": l.Name, "password": "s3cr3t"}
	if !l.Lower {
		object["email"] = l.Name + "@example.com"
	}
	raw, _ := json.Marshal(object)
	r := sources.Record{
		ID: l.ID, Raw: raw, Parent: l.Parent, Status: model.Status(l.Status),
		Lower: l.Lower, KeepParent: l.KeepParent, KeepStatus: l.KeepStatus,
	}
	if l.Wrong != "" {
		r.Raw, r.Oversize = raw[:len(raw)-1], l.Wrong == "oversize"
	}
	return r
}

var drawListed = rapid.Custom(func(t *rapid.T) listed {
	pick := func(what string, from ...string) string { return rapid.SampledFrom(from).Draw(t, what) }
	l := listed{
		ID: pick("id", "a", "b", "c", "d", "e", "f", ""), Name: pick("name", "one", "two"),
		Parent: pick("parent", "", "a", "b", "c", "f", "ghost"), Status: pick("status", "active", "suspended"),
		Wrong: pick("wrong", "", "", "", "", "", "", "oversize", "syntax"),
		Lower: rapid.IntRange(0, 3).Draw(t, "lower") == 0,
	}
	if l.Lower {
		l.KeepParent, l.KeepStatus = rapid.Bool().Draw(t, "keep parent"), rapid.Bool().Draw(t, "keep status")
	}
	return l
})

// An expectation is what a listing makes of a directory.
type expectation struct {
	rows     map[string]row
	fetched  int64
	rejected int64
	status   string
}

// listingNext works out what a listing makes of the directory. The last record
// of an account counts, of full detail if there is one; what cannot be taken
// keeps its account.
func listingNext(before map[string]row, listing []listed, partial, unlinks bool) expectation {
	e := expectation{rows: map[string]row{}, status: "succeeded"}
	for id, w := range before {
		e.rows[id] = w
	}
	counts, seen := map[string]listed{}, map[string]bool{}
	for _, l := range listing {
		if l.ID == "" {
			e.fetched++
		}
		if l.ID == "" || l.Wrong != "" {
			e.rejected++
			seen[l.ID] = true
			continue
		}
		seen[l.ID] = true
		if was, twice := counts[l.ID]; !twice || !l.Lower || was.Lower {
			counts[l.ID] = l
		}
	}
	delete(seen, "")
	e.fetched += int64(len(seen))
	brings := false
	for id, l := range counts {
		stored, known := before[id]
		brings = brings || !known || stored.Deleted
		w := row{ID: id, Name: l.Name, Parent: l.Parent, Status: l.Status, Email: l.Name + "@example.com"}
		if l.Lower {
			w.Email = stored.Email
		}
		if l.KeepParent {
			w.Parent = stored.Parent
		}
		if l.KeepStatus && known {
			w.Status = stored.Status
		}
		e.rows[id] = w
	}
	if partial {
		e.status = "partial"
		return e
	}
	var missing []string
	live := 0
	for id, w := range before {
		if !w.Deleted {
			live++
			if !seen[id] {
				missing = append(missing, id)
			}
		}
	}
	switch {
	case unlinks:
		for _, id := range missing {
			w := e.rows[id]
			w.Parent, w.Status = "", "unknown"
			e.rows[id] = w
		}
	case len(missing) > 0 && len(missing) == live && !brings:
		e.status = "held"
	default:
		for _, id := range missing {
			w := e.rows[id]
			w.Deleted = true
			e.rows[id] = w
		}
	}
	return e
}

// Whatever a listing consists of, in whatever order and batches it comes, its
// last good word on each account is what the directory holds.
func TestAListingMakesTheDirectory(t *testing.T) {
	t.Parallel()
	base := newRig(t)
	rapid.Check(t, func(t *rapid.T) {
		r, f := base.fresh(t).withFake()
		f.metadata.MissingBecomesRoot = rapid.Bool().Draw(t, "accounts live on")
		// Chunks of a listing are remembered where each record says all.
		all := rapid.Bool().Draw(t, "records say all")
		if all {
			f.metadata.Rules = canon.NewRules([]string{"password"}, nil, nil)
		}
		rows := map[string]row{}
		var listing []listed
		for range rapid.IntRange(1, 6).Draw(t, "rounds") {
			listing = goodOrBad(nextListing(t, listing, all))
			perPage := rapid.IntRange(1, 4).Draw(t, "records a page")
			partial := rapid.IntRange(0, 4).Draw(t, "partial") == 0
			f.list = inPages(listing, perPage, partial)
			want := listingNext(rows, listing, partial, f.metadata.MissingBecomesRoot)
			rows = want.rows
			result := r.mustSync(want.status)
			r.mustEqual(rows)
			if result.Fetched != want.fetched || result.Rejected != want.rejected {
				t.Fatalf("fetched %d and rejected %d, want %d and %d", result.Fetched, result.Rejected, want.fetched, want.rejected)
			}
		}
	})
}

// nextListing is another listing, or much the same one.
func nextListing(t *rapid.T, before []listed, all bool) []listed {
	listing := slices.Clone(before)
	switch rapid.IntRange(0, 2).Draw(t, "another") {
	case 0:
		listing = rapid.SliceOfN(drawListed, 0, 9).Draw(t, "listing")
	case 1:
		if len(listing) > 0 {
			at := rapid.IntRange(0, len(listing)-1).Draw(t, "without")
			listing = slices.Delete(listing, at, at+1)
		}
		fallthrough
	default:
		for _, l := range rapid.SliceOfN(drawListed, 0, 2).Draw(t, "with") {
			listing = slices.Insert(listing, rapid.IntRange(0, len(listing)).Draw(t, "at"), l)
		}
	}
	for i := range listing {
		if l := &listing[i]; all {
			l.Lower, l.KeepParent, l.KeepStatus = false, false, false
		}
	}
	return listing
}

// goodOrBad leaves of the records of an account one alone, if one of them
// cannot be taken: the counts then add up.
func goodOrBad(listing []listed) []listed {
	wrong := map[string]bool{}
	for _, l := range listing {
		if l.ID != "" && l.Wrong != "" {
			wrong[l.ID] = true
		}
	}
	var kept []listed
	for _, l := range listing {
		if wrong[l.ID] && l.Wrong == "" {
			continue
		}
		if wrong[l.ID] && slices.ContainsFunc(kept, func(k listed) bool { return k.ID == l.ID }) {
			continue
		}
		kept = append(kept, l)
	}
	return kept
}

func inPages(listing []listed, size int, partial bool) func(yield func(sources.Page, error) bool) {
	return func(yield func(sources.Page, error) bool) {
		if partial && !yield(sources.Page{}, &sources.PartError{Part: "a part", Err: errors.New("could not be read")}) {
			return
		}
		for i := 0; i < len(listing); i += size {
			var p sources.Page
			for _, l := range listing[i:min(i+size, len(listing))] {
				p.Records = append(p.Records, l.record())
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}
