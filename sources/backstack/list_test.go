package backstack

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

func TestListsSessionsAndNetworks(t *testing.T) {
	for _, wrap := range []string{simulate.Bare, simulate.Payload, simulate.Data} {
		t.Run("wrapped in "+wrap, func(t *testing.T) {
			b := &simulate.Backstack{Accounts: family(60), Wrap: wrap}
			s, server := serve(t, b, "p", "c00", "stranger")
			want := map[string]outline{}
			for _, a := range b.Visible() {
				want[a.ID] = outline{Parent: a.Parent, Status: model.Status(a.Status), Lower: a.Status != simulate.Active}
			}
			if diff := cmp.Diff(want, read(t.Context(), s).well(t).outline()); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if v := server.Violations(); len(v) > 0 {
				t.Errorf("forbidden requests: %v", v)
			}
			if peak := server.Peak(); peak > 4 {
				t.Errorf("%d requests at once, want at most 4", peak)
			}
		})
	}
}

func TestAnExpiredSession(t *testing.T) {
	b := &simulate.Backstack{Accounts: family(2)}
	s, _ := serve(t, b, "p", "c00", "stranger")
	b.Expire(session("c00"))
	r := read(t.Context(), s)
	if r.err != nil {
		t.Fatal(r.err)
	}
	if len(r.parts) != 1 || !strings.HasPrefix(r.parts[0], "session 2: ") || !strings.Contains(r.parts[0], "SESSIONS") ||
		strings.Contains(r.parts[0], simulate.SecretMark) {
		t.Errorf("parts = %q, want the session by its number and what to do", r.parts)
	}
	want := map[string]outline{
		// Who the expired session belongs to is not known: it may be any of those below.
		"c00": {Parent: "p", Status: model.Unknown, KeepStatus: true, Lower: true},
		"c01": {Parent: "p", Status: model.Unknown, KeepStatus: true, Lower: true},
		// It may have named their parent.
		"p":        {Status: model.Active, KeepParent: true, Lower: true},
		"stranger": {Status: model.Active, KeepParent: true, Lower: true},
	}
	if diff := cmp.Diff(want, r.outline()); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestEverySessionExpired(t *testing.T) {
	b := &simulate.Backstack{Accounts: family(2)}
	s, server := serve(t, b, "p", "c00")
	b.Expire(session("p"), session("c00"))
	r := read(t.Context(), s)
	if r.err == nil || !strings.Contains(r.err.Error(), "check BACKSTACK_APP_KEY and BACKSTACK_SESSIONS") || !strings.Contains(r.err.Error(), "session_expired") {
		t.Errorf("err = %v, want what to do", r.err)
	}
	if len(r.parts)+len(r.records) > 0 {
		t.Errorf("%d parts and %d records of a listing that broke off", len(r.parts), len(r.records))
	}
	if got := server.Requests(); got != 2 {
		t.Errorf("%d requests, want one a session", got)
	}
}

func TestAWrongAppKey(t *testing.T) {
	b := &simulate.Backstack{Accounts: family(1)}
	s, _ := serve(t, b, "p", "c00")
	b.AppKey = "another"
	err := read(t.Context(), s).err
	for _, err := range []error{err, s.(sources.Prober).Probe(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), "into BACKSTACK_APP_KEY") || strings.Contains(err.Error(), "SESSIONS") {
			t.Errorf("err = %v, want the app key to be blamed, and no session", err)
		}
	}
}

func TestANetworkThatFails(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusBadRequest} {
		s, server := serve(t, &simulate.Backstack{Accounts: family(2)}, "p", "c00", "stranger")
		server.On(simulate.Both(simulate.PathEnd("/networks"), simulate.Session(session("p")))).Do(simulate.Status(status))
		r := read(t.Context(), s)
		if r.err != nil || len(r.parts) != 1 || !strings.HasPrefix(r.parts[0], "network of session 1: ") {
			t.Errorf("status %d: err = %v, parts = %q", status, r.err, r.parts)
		}
		want := map[string]outline{
			"p":          {Status: model.Active, KeepParent: true, Lower: true},
			"c00":        {Status: model.Active, KeepParent: true, Lower: true},
			"stranger":   {Status: model.Active, KeepParent: true, Lower: true},
			"grandchild": {Parent: "c00", Status: model.Unknown, Lower: true},
		}
		if diff := cmp.Diff(want, r.outline()); diff != "" {
			t.Errorf("status %d: records (-want +got):\n%s", status, diff)
		}
	}
}

// An account's object must be the same after a run in which its session or its parent's could not be read: that is
// no change at the provider.
func TestObjectsOutliveAFailure(t *testing.T) {
	b := &simulate.Backstack{Accounts: family(3)}
	s, _ := serve(t, b, "p", "c00", "c01", "stranger")
	stored := map[string][]byte{}
	for id, r := range read(t.Context(), s).well(t).records {
		stored[id] = canonical(t, s, r.Raw)
	}
	for _, expired := range []string{"p", "c00"} {
		b.Expire(session(expired))
		for id, r := range read(t.Context(), s).records {
			if r.Lower {
				r.Raw = canon.Overlay(stored[id], r.Raw)
			}
			if diff := cmp.Diff(string(stored[id]), string(canonical(t, s, r.Raw))); diff != "" {
				t.Errorf("%s while the session of %s has expired (-stored +got):\n%s", id, expired, diff)
			}
		}
		b.Renew(session(expired))
	}
}

func TestTwoSessionsOfOneAccount(t *testing.T) {
	w := family(1)
	b := &simulate.Backstack{Accounts: w}
	s, server := serve(t, b, "p", "again", "c00")
	b.Sessions[session("again")] = "p"
	pages := 0
	for page, err := range s.List(t.Context(), sources.Window{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			if r.ID == "p" {
				pages++
			}
		}
	}
	if networks := server.Routes()["GET /v1/auth/account/networks"]; pages != 1 || networks != 2 {
		t.Errorf("the account came %d times and %d networks were read; want 1 and 2", pages, networks)
	}
}

func TestStopsWithItsReader(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, server := serve(t, &simulate.Backstack{Accounts: family(3000)}, "stranger", "c00", "p")
	server.On(simulate.Both(simulate.PathEnd("/networks"), simulate.Session(session("stranger")))).Do(simulate.Stall())
	for _, err := range s.List(t.Context(), sources.Window{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	// Members go out as they come: of 120 pages, 40 make the first 1000 records.
	if asked := server.Requests(); asked > 60 {
		t.Errorf("%d requests for the first page", asked)
	}
	s.Close()
	server.Close()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

func TestStopsWithItsContext(t *testing.T) {
	for _, path := range []string{"/account", "/networks"} {
		s, server := serve(t, &simulate.Backstack{Accounts: family(60)}, "p", "c00", "stranger")
		stop := errors.New("stop")
		ctx, cancel := context.WithCancelCause(t.Context())
		server.On(simulate.PathEnd(path)).Skip(1).Do(simulate.Act("stop", func(http.ResponseWriter, *http.Request, http.Handler) {
			cancel(stop)
			panic(http.ErrAbortHandler)
		}))
		if r := read(ctx, s); !errors.Is(r.err, stop) || len(r.parts) > 0 {
			t.Errorf("%s: err = %v, parts %q; want the cause alone", path, r.err, r.parts)
		}
	}
}
