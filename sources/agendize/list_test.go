package agendize

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall/model"
	"rollcall/sources"
	"rollcall/sources/simulate"
	"rollcall/sources/sourcetest"
)

const (
	testKey   = "planted-api-key"
	testToken = "planted-reseller-token"
)

func openOver(transport http.RoundTripper) *source {
	s, _ := New(sourcetest.Connection(transport), Config{BaseURL: sourcetest.Base(""), APIKey: testKey, Token: testToken}) // has no error
	return s.(*source)
}

func day(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }

// simulated has one client a day, each third one disabled.
func simulated(n int) *simulate.Agendize {
	var accounts []simulate.Account
	for i := 1; i <= n; i++ {
		a := simulate.Account{
			ID: fmt.Sprint(i), Name: fmt.Sprintf("Client %d", i), Status: simulate.Active, Kind: "Basic", Reference: fmt.Sprintf("CRM-%d", i),
			Email: fmt.Sprintf("c%d@example.com", i), FirstName: "Jo", LastName: "Do", Organization: "Org",
			TimeZone: "Europe/Paris", Language: "fr", Currency: "EUR", Created: day(i), Domain: "reseller.example",
		}
		if i%3 == 0 {
			a.Status = simulate.Suspended
		}
		accounts = append(accounts, a)
	}
	return &simulate.Agendize{Accounts: simulate.NewWorld(accounts...), APIKey: testKey, Token: testToken, VolatileCredit: true}
}

func ids(accounts []model.Account) []int {
	var all []int
	for _, a := range accounts {
		var id int
		fmt.Sscan(a.ExternalID, &id)
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

func TestListsTheReseller(t *testing.T) {
	server := simulated(2_345)
	got, err := sourcetest.Listed(t.Context(), openOver(sourcetest.Over(server)), sources.Window{})
	if err != nil {
		t.Fatal(err)
	}
	var want []model.Account
	for _, a := range server.Visible() {
		want = append(want, model.Account{
			ExternalID: a.ID, Name: a.Name, Status: model.Status(a.Status), Kind: "basic", Reference: a.Reference, Email: a.Email,
			Organization: "Org", ContactName: "Jo Do", Timezone: "Europe/Paris", Language: "fr", Currency: "EUR", CreatedAt: a.Created,
		})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// TestDisabledAreListed checks both things that an unfiltered listing may do.
func TestDisabledAreListed(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		server := simulated(9)
		server.HideDisabled = hidden
		got, err := sourcetest.Listed(t.Context(), openOver(sourcetest.Over(server)), sources.Window{})
		if want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9}; err != nil || !slices.Equal(ids(got), want) {
			t.Errorf("hidden %t: got %v, %v", hidden, ids(got), err)
		}
	}
}

// swapped is a provider whose bounds are what its reference says.
type swapped struct{ http.Handler }

func (s swapped) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.URL.RawQuery = strings.NewReplacer("createdStartDate", "createdEndDate", "createdEndDate", "createdStartDate").Replace(r.URL.RawQuery)
	s.Handler.ServeHTTP(w, r)
}

// TestWindow checks that no account of a window is missed, whichever bound is
// which at the provider; what is too much is for the engine to leave out.
func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name   string
		window sources.Window
		want   []int
	}{
		{"closed", sources.Window{Since: day(3), Until: day(6)}, []int{3, 4, 5}},
		{"open beginning", sources.Window{Until: day(3)}, []int{1, 2}},
		{"open end", sources.Window{Since: day(8)}, []int{8, 9}},
		{"empty", sources.Window{Since: day(20), Until: day(21)}, nil},
	} {
		for name, handler := range map[string]http.Handler{"by name": simulated(9), "by word": swapped{simulated(9)}} {
			t.Run(c.name+" "+name, func(t *testing.T) {
				got, err := sourcetest.Listed(t.Context(), openOver(sourcetest.Over(handler)), c.window)
				if err != nil {
					t.Fatal(err)
				}
				inside := slices.DeleteFunc(got, func(a model.Account) bool {
					return !c.window.Since.IsZero() && a.CreatedAt.Before(c.window.Since) ||
						!c.window.Until.IsZero() && !a.CreatedAt.Before(c.window.Until)
				})
				if !slices.Equal(ids(inside), c.want) {
					t.Errorf("inside: %v, want %v", ids(inside), c.want)
				}
			})
		}
	}
}

func TestFilter(t *testing.T) {
	at := time.Date(2024, 3, 1, 12, 0, 0, 500, time.FixedZone("", 3600))
	for _, c := range []struct {
		name       string
		window     sources.Window
		start, end string
	}{
		{"everything", sources.Window{}, "", ""},
		{"a second more on each side", sources.Window{Since: at, Until: at}, "2024-03-01T10:59:59Z", "2024-03-01T11:00:01Z"},
		{"open end", sources.Window{Since: at}, "2024-03-01T10:59:59Z", "2100-01-01T00:00:00Z"},
		{"open beginning", sources.Window{Until: at}, "1970-01-01T00:00:00Z", "2024-03-01T11:00:01Z"},
	} {
		q := filter(c.window)
		if q.Get("createdStartDate") != c.start || q.Get("createdEndDate") != c.end {
			t.Errorf("%s: %v", c.name, q)
		}
	}
}

func TestOddLists(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       string
		count      int
	}{
		{"empty", `{"items":[]}`, "", 0},
		{"no further page", `{"items":[{"id":1,"status":"disabled"}],"nextPageToken":null}`, "", 1},
		{"a further page", `{"items":[{"id":1,"status":"disabled"}],"nextPageToken":"abc"}`, "more follows (nextPageToken)", 1},
		{"a total that is reached", `{"items":[{"id":1,"status":"disabled"}],"total":1}`, "", 1},
		{"a total that is not reached", `{"items":[{"id":1,"status":"disabled"}],"total":3}`, "1 of 3 records (total)", 1},
		{"elements that are no accounts", `{"items":[null,"x",7,[],{"id":{}},{"status":"Disabled"}]}`, "", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := sourcetest.NewServer(nil)
			server.Override = func(string, *http.Request) *sourcetest.Answer { return &sourcetest.Answer{Body: c.body} }
			records := 0
			var err error
			for page, e := range openOver(server).List(t.Context(), sources.Window{}, "") {
				err = errors.Join(err, e)
				records += len(page.Records)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
			if c.want == "" && records != c.count {
				t.Errorf("%d records, want %d", records, c.count)
			}
		})
	}
}

// TestTotalsCountTheDisabled checks that a total may count the disabled accounts, which stand in a list of their own.
func TestTotalsCountTheDisabled(t *testing.T) {
	for _, c := range []struct{ all, disabled, want string }{
		{`{"items":[{"id":1}],"total":2}`, `{"items":[{"id":2,"status":"disabled"}],"total":1}`, ""},
		{`{"items":[{"id":1}],"total":2}`, `{"items":[{"id":2,"status":"disabled"}],"total":2}`, ""},
		{`{"items":[{"id":1}],"total":3}`, `{"items":[{"id":2,"status":"disabled"}],"total":1}`, "2 of 3 records"},
		{`{"items":[{"id":1}],"total":1}`, `{"items":[{"id":2,"status":"disabled"}],"total":3}`, "2 of 3 records"},
		{`{"items":[{"id":1}],"hasMore":true}`, `{"items":[]}`, "more follows (hasMore)"},
		{`{"items":[{"id":1}]}`, `{"items":[],"nextPage":2}`, "more follows (nextPage)"},
	} {
		server := sourcetest.NewServer(nil)
		server.Override = func(_ string, r *http.Request) *sourcetest.Answer {
			if r.URL.Query().Get("status") == "disabled" {
				return &sourcetest.Answer{Body: c.disabled}
			}
			return &sourcetest.Answer{Body: c.all}
		}
		_, err := sourcetest.Listed(t.Context(), openOver(server), sources.Window{})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s and %s: err = %v, want %q", c.all, c.disabled, err, c.want)
		}
	}
}

// TestStreams checks that accounts are handed on before the one long body ends,
// and that nothing pretends to be a cursor.
func TestStreams(t *testing.T) {
	items := `{"items":[{"id":0,"status":"disabled"}` + strings.Repeat(`,{"id":1}`, 2_499)
	var answer sourcetest.Answer
	server := sourcetest.NewServer(nil)
	server.Override = func(string, *http.Request) *sourcetest.Answer { return &answer }
	synctest.Test(t, func(t *testing.T) {
		answer = sourcetest.Answer{Body: items, Stall: true}
		begin := time.Now()
		for page, err := range openOver(server).List(t.Context(), sources.Window{}, "") {
			if err != nil || len(page.Records) != 1000 {
				t.Errorf("first batch: %d records, %v", len(page.Records), err)
			}
			break
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("the first batch waited %v for the end of the list", took)
		}
	})
	answer = sourcetest.Answer{Body: items + "]}"}
	var sizes []int
	for page, err := range openOver(server).List(t.Context(), sources.Window{}, "") {
		if err != nil || page.Cursor != "" {
			t.Errorf("cursor %q, err %v", page.Cursor, err)
		}
		sizes = append(sizes, len(page.Records))
	}
	if !slices.Equal(sizes, []int{1000, 1000, 500}) {
		t.Errorf("batches of %v", sizes)
	}
}

// TestOversize hands on the beginning of an account that is too long, with its id.
func TestOversize(t *testing.T) {
	server := sourcetest.NewServer(nil)
	server.Override = func(string, *http.Request) *sourcetest.Answer {
		return &sourcetest.Answer{Body: `{"items":[{"id":7,"status":"disabled","note":"` + strings.Repeat("x", sources.MaxRecord) + `"},{"id":8}]}`}
	}
	var got []string
	for page, err := range openOver(server).List(t.Context(), sources.Window{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			got = append(got, fmt.Sprint(r.ID, " ", r.Oversize, " ", len(r.Raw) <= sources.MaxRecord))
		}
	}
	if diff := cmp.Diff([]string{"7 true true", "8 false true"}, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}
