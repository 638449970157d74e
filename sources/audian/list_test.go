package audian

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"rollcall/model"
	"rollcall/sources"
	"rollcall/sources/simulate"
	"rollcall/sources/sourcetest"
)

// details matches requests for one account other than the root.
func details(r *http.Request) bool {
	return strings.Contains(r.URL.Path, "/accounts/a") && strings.Count(r.URL.Path, "/") == 3
}

func TestListsTheTree(t *testing.T) {
	for name, k := range map[string]*simulate.Kazoo{
		"Audian":              {},
		"upstream Kazoo":      {Upstream: true, Gregorian: true},
		"a given token":       {Token: "given-s3cr3t-token"},
		"tokens that run out": {TokenUses: 40},
	} {
		t.Run(name, func(t *testing.T) {
			k.Accounts = world(50)
			s, server := kazoo(t, k, func(c *Config) {
				if k.Token != "" {
					c.APIKey, c.AuthToken = "", sources.Secret(k.Token)
				}
			})
			all := accounts(t, s, read(t.Context(), s, "").well(t).records)
			if diff := cmp.Diff(visible(k.Visible()), parents(all)); diff != "" {
				t.Errorf("parents (-want +got):\n%s", diff)
			}
			want := model.Account{
				ExternalID: "a0001", Parent: "a0000", Name: "Account 0001", Status: model.Active, Domain: "a1.example",
				Timezone: "Europe/Berlin", CreatedAt: time.Date(2024, 1, 15, 10, 30, 1, 0, time.UTC), Payload: all["a0001"].Payload,
			}
			if diff := cmp.Diff(want, all["a0001"]); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
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

func TestSubAccountsInPlaceOfDescendants(t *testing.T) {
	for _, full := range []bool{false, true} {
		for _, status := range []int{http.StatusNotFound, http.StatusMethodNotAllowed} {
			t.Run(fmt.Sprintf("full %t, status %d", full, status), func(t *testing.T) {
				k := &simulate.Kazoo{Accounts: world(20), FullItems: full}
				s, server := kazoo(t, k, nil)
				server.On(simulate.PathEnd("/descendants")).Do(simulate.Status(status))
				all := accounts(t, s, read(t.Context(), s, "").well(t).records)
				if diff := cmp.Diff(visible(k.Visible()), parents(all)); diff != "" {
					t.Errorf("parents (-want +got):\n%s", diff)
				}
				asked := server.Routes()["GET /v2/accounts/{id}"]
				if want := map[bool]int{false: 21, true: 1}[full]; asked != want {
					t.Errorf("%d accounts were fetched, want %d", asked, want)
				}
			})
		}
	}
}

func TestSubAccountsThatFail(t *testing.T) {
	s, server := kazoo(t, &simulate.Kazoo{Accounts: world(6)}, nil)
	server.On(simulate.PathEnd("/descendants")).Do(simulate.Status(http.StatusNotFound))
	server.On(simulate.PathEnd("/a0000/accounts")).Do(simulate.Status(http.StatusForbidden))
	server.On(simulate.PathEnd("/a0003/accounts")).Do(simulate.Status(http.StatusNotFound))
	r := read(t.Context(), s, "")
	if r.err != nil || len(r.parts) != 1 || !strings.HasPrefix(r.parts[0].Error(), "sub-accounts of account a0000: ") {
		t.Errorf("err = %v, parts %v", r.err, r.parts)
	}
	want := map[string]string{rootID: "", "a0000": rootID, "a0003": rootID}
	if diff := cmp.Diff(want, parents(accounts(t, s, r.records))); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
	server.Clear()
	server.On(simulate.PathEnd("/descendants")).Do(simulate.Status(http.StatusNotFound))
	server.On(simulate.PathEnd("/" + rootID + "/accounts")).Do(simulate.Status(http.StatusMethodNotAllowed))
	if r := read(t.Context(), s, ""); r.err == nil || !strings.Contains(r.err.Error(), "405") {
		t.Errorf("err = %v, want a listing without any list to break off", r.err)
	}
}

func TestDetailsThatFail(t *testing.T) {
	s, server := kazoo(t, &simulate.Kazoo{Accounts: world(60)}, nil)
	is := func(ids ...string) simulate.Match {
		return func(r *http.Request) bool {
			return details(r) && slices.ContainsFunc(ids, func(id string) bool { return strings.HasSuffix(r.URL.Path, id) })
		}
	}
	server.On(is("a0003")).Do(simulate.Status(http.StatusForbidden))
	server.On(is("a0004")).Do(simulate.Status(http.StatusNotFound))
	server.On(is("a0005")).Do(simulate.Status(http.StatusGone))
	server.On(is("a0006")).Do(simulate.StatusBody(http.StatusOK, `{"data":{"id":"a0007"},"status":"success"}`))
	server.On(is("a0007")).Do(simulate.StatusBody(http.StatusOK, `{"data":{"id":"a0007"},"status":"error"}`))
	r := read(t.Context(), s, "")
	if r.err != nil {
		t.Fatal(r.err)
	}
	var named []string
	for _, part := range r.parts {
		named = append(named, strings.Split(part.Error(), ":")[0])
	}
	if diff := cmp.Diff([]string{"account a0003", "account a0006", "account a0007"}, named); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	var lower []string
	for _, record := range r.records {
		if record.Lower {
			lower = append(lower, record.ID)
		}
	}
	if diff := cmp.Diff([]string{"a0003", "a0006", "a0007"}, lower); diff != "" {
		t.Errorf("records of lower detail (-want +got):\n%s", diff)
	}
	all := accounts(t, s, r.records)
	if got, want := len(all), 61-2; got != want {
		t.Errorf("%d accounts, want %d: deleted ones left out", got, want)
	}
	if a := all["a0003"]; a.Parent != rootID || a.Status != model.Unknown {
		t.Errorf("the account without details has parent %q and status %s", a.Parent, a.Status)
	}
}

func TestManyDetailsThatAreForbidden(t *testing.T) {
	s, server := kazoo(t, &simulate.Kazoo{Accounts: world(60)}, nil)
	server.On(details).Do(simulate.Status(http.StatusForbidden))
	r := read(t.Context(), s, "")
	if r.err != nil {
		t.Fatal(r.err)
	}
	if got, want := len(r.parts), namedParts+1; got != want {
		t.Fatalf("%d parts, want %d", got, want)
	}
	if last := r.parts[namedParts].Error(); !strings.HasPrefix(last, "40 more accounts: ") || !strings.Contains(last, "403") {
		t.Errorf("the last part does not count the rest: %s", last)
	}
	if len(r.records) != 61 {
		t.Errorf("%d records, want 61", len(r.records))
	}
}

// bubble opens a source over k without a network, within a bubble of fake time.
func bubble(t *testing.T, k *simulate.Kazoo, rules func(*simulate.Faults), body func(*testing.T, sources.Source)) {
	synctest.Test(t, func(t *testing.T) {
		k.Root, k.Token = rootID, "given-s3cr3t-token"
		faults := simulate.NewFaults(k)
		rules(faults)
		cfg := Config{BaseURL: sourcetest.Base("/v2"), AccountID: rootID, AuthToken: "given-s3cr3t-token", PageSize: 50}
		s, err := New(sourcetest.Connection(sourcetest.Over(faults)), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		body(t, s)
	})
}

func TestAnOutageBreaksOff(t *testing.T) {
	bubble(t, &simulate.Kazoo{Accounts: world(100)}, func(f *simulate.Faults) {
		f.On(func(r *http.Request) bool { return details(r) && path.Base(r.URL.Path) >= "a0030" }).Do(simulate.Status(http.StatusBadGateway))
	}, func(t *testing.T, s sources.Source) {
		r := read(t.Context(), s, "")
		if r.err == nil || !strings.Contains(r.err.Error(), "20 accounts in a row") || !strings.Contains(r.err.Error(), "502") {
			t.Errorf("err = %v, want the outage", r.err)
		}
	})
}

// A listing must take little more than its requests one after the other, divided by how many go at once.
func TestKeepsRequestsInFlight(t *testing.T) {
	const accounts, latency = 1000, 20 * time.Millisecond
	bubble(t, &simulate.Kazoo{Accounts: world(accounts)}, func(f *simulate.Faults) {
		f.On(simulate.Any).Do(simulate.Latency(latency))
	}, func(t *testing.T, s sources.Source) {
		begin := time.Now()
		read(t.Context(), s, "").well(t)
		const requests, concurrency = 1 + accounts/50 + accounts, 4
		took, most := time.Since(begin), requests*latency*105/100/concurrency
		if took > most {
			t.Errorf("took %v, want at most %v", took, most)
		}
	})
}

func TestReadsOnWhileOneAccountIsLate(t *testing.T) {
	bubble(t, &simulate.Kazoo{Accounts: world(120)}, func(f *simulate.Faults) {
		f.On(simulate.PathEnd("/a0000")).Do(simulate.Latency(20 * time.Second))
		f.On(simulate.Any).Do(simulate.Latency(time.Second))
	}, func(t *testing.T, s sources.Source) {
		begin := time.Now()
		read(t.Context(), s, "").well(t)
		if took := time.Since(begin); took > 50*time.Second {
			t.Errorf("took %v, want the others to be read meanwhile", took)
		}
	})
}

func TestGoesOnFromACursor(t *testing.T) {
	k := &simulate.Kazoo{Accounts: world(1300)}
	s, _ := kazoo(t, k, func(c *Config) { c.PageSize = 300 })
	whole := read(t.Context(), s, "").well(t)
	seen := map[string]bool{}
	for i, cursor := range whole.cursors {
		for _, r := range whole.records[:whole.ends[i]] {
			seen[r.ID] = true
		}
		if i == len(whole.cursors)-1 {
			break
		}
		if cursor == "" {
			t.Fatalf("page %d cannot be continued", i)
		}
		rest := read(t.Context(), s, cursor).well(t)
		ids := map[string]bool{}
		for _, r := range rest.records {
			ids[r.ID] = true
		}
		for _, a := range k.Visible() {
			if !seen[a.ID] && !ids[a.ID] {
				t.Fatalf("%s is neither before the cursor of page %d nor behind it", a.ID, i)
			}
		}
		if most := 1301 - len(seen) + 300; len(ids) > most || ids[rootID] {
			t.Errorf("%d accounts behind the cursor of page %d, want at most %d and not the root", len(ids), i, most)
		}
	}
}

func TestStopsWithItsReader(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s, server := kazoo(t, &simulate.Kazoo{Accounts: world(1500)}, func(c *Config) { c.PageSize = 500 })
	server.On(simulate.PathEnd("/a1010")).Do(simulate.Stall()) // the reader must not wait for it
	for _, err := range s.List(t.Context(), sources.Window{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if asked := server.Requests(); asked > 1200 {
		t.Errorf("%d requests for a page of 1000", asked)
	}
	s.Close()
	server.Close()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

func TestStopsWithItsContext(t *testing.T) {
	s, server := kazoo(t, &simulate.Kazoo{Accounts: world(50)}, nil)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	var once sync.Once
	server.On(details).Skip(20).Do(simulate.Act("stop", func(http.ResponseWriter, *http.Request, http.Handler) {
		once.Do(func() { cancel(stop) })
		panic(http.ErrAbortHandler)
	}))
	if r := read(ctx, s, ""); !errors.Is(r.err, stop) {
		t.Errorf("err = %v, want the cause", r.err)
	}
}
