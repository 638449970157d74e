package audian

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/simulate"
	"rollcall/sources/sourcetest"
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

// TestAnswersToOneAccount reads the account with and without its envelope, and says what is wrong with any other answer.
func TestAnswersToOneAccount(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"id":"a1"},"status":"success"}`: "",
		`{"id":"a1","status":"active"}`:           "",
		`{"id":"a1","error":{"code":500}}`:        "is an error (error)",
		`{"data":{"id":"a1"},"status":"error"}`:   "is an error (status)",
		`{"data":{"id":"a2"},"status":"success"}`: "another account: its id differs",
		`{"id":"a2"}`: "the answer has no data",
		`{"data":null,"id":"a1","status":"success"}`:  "another account: its id differs",
		`{"status":"success","request_id":"1","x":1}`: "the answer has no data",
	} {
		server := sourcetest.NewServer(nil)
		server.Override = func(string, *http.Request) *sourcetest.Answer { return &sourcetest.Answer{Body: body} }
		s, err := New(sourcetest.Connection(server), Config{BaseURL: sourcetest.Base("/v2"), AccountID: "a1", AuthToken: "t", PageSize: 1})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Lookup(t.Context(), "a1")
		if want == "" && (err != nil || r.ID != "a1") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
}

func TestABaseURLWithoutVersionGetsAHint(t *testing.T) {
	for path, hint := range map[string]bool{"": true, "/api": true, "/v2": false, "/v1": false} {
		for name, cfg := range map[string]Config{"token": {AuthToken: "t"}, "key": {APIKey: "k"}} {
			server := sourcetest.NewServer(nil) // answers 404
			cfg.BaseURL, cfg.AccountID, cfg.PageSize = sourcetest.Base(path), "a1", 1
			s, err := New(sourcetest.Connection(server), cfg)
			if err != nil {
				t.Fatal(err)
			}
			err = read(t.Context(), s, "").err
			if err == nil || strings.Contains(err.Error(), "TEST_BASE_URL usually ends with /v2") != hint {
				t.Errorf("%s, path %q: err = %v, hint: %t", name, path, err, hint)
			}
		}
	}
}
