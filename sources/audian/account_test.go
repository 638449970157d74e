package audian

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

// What Lookup answers, laid over what a listing left, must be what the next listing gives: else each hook would
// make a change and each listing another.
func TestLookupAgreesWithList(t *testing.T) {
	k := &simulate.Kazoo{Accounts: world(10)}
	s, _ := kazoo(t, k, nil)
	listed := accounts(t, s, read(t.Context(), s, "").well(t).records)
	for _, id := range []string{rootID, "a0001"} {
		r, err := s.Lookup(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if below := id != rootID; r.Lower != below || r.KeepParent != below {
			t.Errorf("%s: Lower = %t, KeepParent = %t; want %t", id, r.Lower, r.KeepParent, below)
		}
		if r.Lower {
			r.Raw = canon.Overlay(listed[id].Payload, r.Raw)
		}
		if r.KeepParent {
			r.Parent = listed[id].Parent
		}
		if diff := cmp.Diff(listed[id], accounts(t, s, []sources.Record{r})[id]); diff != "" {
			t.Errorf("%s (-listed +looked up):\n%s", id, diff)
		}
	}
}
