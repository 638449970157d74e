package signalwire

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

// world has a root, projects below it and one level more.
func world(n int) *simulate.World {
	accounts := []simulate.Account{{ID: "root", Name: "Root", Status: "active", Created: time.Date(2018, 9, 1, 0, 0, 0, 0, time.UTC)}}
	for i := 1; i < n; i++ {
		accounts = append(accounts, simulate.Account{
			ID: fmt.Sprintf("p%04d", i), Parent: accounts[i/10].ID, Name: fmt.Sprintf("p%d@example.com", i), Kind: "Trial",
			Status:  []string{"active", "suspended", "closed"}[i%3],
			Created: time.Date(2018, 9, 1+i%300, 10, 0, 0, 0, time.UTC), Updated: time.Date(2019, 9, 1+i%300, 10, 0, 0, 0, time.UTC),
		})
	}
	return simulate.NewWorld(accounts...)
}

// TestListsTheWorld reads a simulated provider with every size of page.
func TestListsTheWorld(t *testing.T) {
	server := &simulate.SignalWire{Accounts: world(1_234), Project: "root", Token: "planted-api-token"}
	var want []model.Account
	for _, a := range server.Visible() {
		m := model.Account{
			ExternalID: a.ID, Parent: a.Parent, Name: a.Name, Status: model.Status(a.Status), Kind: "trial",
			CreatedAt: a.Created, UpdatedAt: a.Updated,
		}
		if strings.Contains(a.Name, "@") {
			m.Email = a.Name
		} else {
			m.Kind = "full" // the root's
		}
		want = append(want, m)
	}
	for name, open := range map[string]func(http.RoundTripper, int) *source{"signalwire": at, "twilio": twilioAt} {
		for _, size := range []int{50, 999, 1000} {
			t.Run(fmt.Sprintf("%s of %d", name, size), func(t *testing.T) {
				source := open(sourcetest.Over(server), size)
				got, err := sourcetest.Listed(t.Context(), source, sources.Window{})
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("accounts (-want +got):\n%s", diff)
				}
				record, err := source.Lookup(t.Context(), "p0042")
				if err != nil || record.ID != "p0042" {
					t.Errorf("Lookup = %q, %v", record.ID, err)
				}
				if _, err := source.Lookup(t.Context(), "nobody"); !errors.Is(err, sources.ErrGone) {
					t.Errorf("Lookup of nobody: %v", err)
				}
			})
		}
	}
}

// pages answers the list by hand: link returns the next link of a request, and
// whether there is a page at all.
func pages(size int, link func(ref string) (next string, ok bool)) (*source, *sourcetest.Server) {
	server := sourcetest.NewServer(nil)
	server.Override = func(_ string, r *http.Request) *sourcetest.Answer {
		ref := r.URL.RequestURI()
		next, ok := link(ref)
		if !ok {
			return nil
		}
		return &sourcetest.Answer{Body: fmt.Sprintf(`{"accounts":[{"sid":%q}],"next_page_uri":%s}`, ref, next)}
	}
	return at(server, size), server
}

// at opens a source of SignalWire's.
func at(transport http.RoundTripper, size int) *source {
	cfg := Config{BaseURL: sourcetest.Base(""), ProjectID: "root", APIToken: "planted-api-token", PageSize: size}
	s, _ := New(sourcetest.Connection(transport), cfg) // has no error
	return s.(*source)
}

// twilioAt opens a source of Twilio's.
func twilioAt(transport http.RoundTripper, size int) *source {
	cfg := TwilioConfig{BaseURL: sourcetest.Base(""), AccountSID: "root", AuthToken: "planted-api-token", PageSize: size}
	s, _ := NewTwilio(sourcetest.Connection(transport), cfg) // has no error
	return s.(*source)
}

func TestLinksThatGoRound(t *testing.T) {
	round := func(n int) func(string) (string, bool) {
		return func(ref string) (string, bool) {
			page := 0
			if _, query, ok := strings.Cut(ref, "Page="); ok {
				fmt.Sscanf(query, "%d", &page)
			}
			return fmt.Sprintf(`"/api/laml/2010-04-01/Accounts?Page=%d"`, 1+page%n), true
		}
	}
	for _, n := range []int{1, 2, 3, 10} {
		t.Run(fmt.Sprintf("circle of %d", n), func(t *testing.T) {
			source, server := pages(maxPage, round(n))
			_, err := sourcetest.Listed(t.Context(), source, sources.Window{})
			if !errors.Is(err, errCircle) {
				t.Errorf("err = %v, want one about the circle", err)
			}
			if asked := len(server.Requests()); asked > 4*n+2 {
				t.Errorf("noticed after %d requests", asked)
			}
		})
	}
	t.Run("tries the largest page once", func(t *testing.T) {
		source, server := pages(10, func(ref string) (string, bool) {
			if strings.Contains(ref, "PageSize=1000") {
				return "null", true
			}
			return round(2)(ref)
		})
		got, err := sourcetest.Listed(t.Context(), source, sources.Window{})
		if err != nil || !strings.HasSuffix(got[len(got)-1].ExternalID, "Accounts?PageSize=1000") {
			t.Errorf("err = %v after %q", err, server.Requests())
		}
	})
	t.Run("gives up with the largest page", func(t *testing.T) {
		source, server := pages(10, round(2))
		_, err := sourcetest.Listed(t.Context(), source, sources.Window{})
		if !errors.Is(err, errCircle) || server.Count("GET /api/laml/2010-04-01/Accounts?PageSize=1000") != 1 {
			t.Errorf("err = %v after %q", err, server.Requests())
		}
	})
}

func TestEmptyPageHasANextOne(t *testing.T) {
	server := sourcetest.NewServer(nil)
	server.Override = func(request string, _ *http.Request) *sourcetest.Answer {
		if strings.Contains(request, "Page=2") {
			return &sourcetest.Answer{Body: `{"accounts":[{"sid":"last"}],"next_page_uri":""}`}
		}
		return &sourcetest.Answer{Body: `{"next_page_uri":"/api/laml/2010-04-01/Accounts?Page=2","accounts":[]}`}
	}
	source := at(server, 1000)
	got, err := sourcetest.Listed(t.Context(), source, sources.Window{})
	if err != nil || len(got) != 1 || got[0].ExternalID != "last" {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestEndIsSaid checks that a page is the last one only where the provider says so.
func TestEndIsSaid(t *testing.T) {
	full := `{"sid":"a"},{"sid":"b"}`
	for _, c := range []struct {
		name, body string
		ok         bool
	}{
		{"null", `{"accounts":[` + full + `],"next_page_uri":null}`, true},
		{"empty", `{"accounts":[` + full + `],"next_page_uri":""}`, true},
		{"missing on a page that is not full", `{"accounts":[{"sid":"a"}]}`, true},
		{"missing on a full page", `{"accounts":[` + full + `]}`, false},
		{"missing on a page full by the provider's own size", `{"page_size":1,"accounts":[{"sid":"a"}]}`, false},
		{"a number", `{"accounts":[],"next_page_uri":1}`, false},
		{"an object", `{"accounts":[],"next_page_uri":{}}`, false},
		{"two lists", `{"accounts":[],"next_page_uri":null,"accounts":[]}`, false},
		{"text behind", `{"accounts":[],"next_page_uri":null}{}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := sourcetest.NewServer(nil)
				server.Override = func(string, *http.Request) *sourcetest.Answer { return &sourcetest.Answer{Body: c.body} }
				source := at(server, 2)
				if _, err := sourcetest.Listed(t.Context(), source, sources.Window{}); (err == nil) != c.ok {
					t.Errorf("err = %v, want none: %t", err, c.ok)
				}
			})
		})
	}
}

// TestLatePageFails is SignalWire's known failure on a late page.
func TestLatePageFails(t *testing.T) {
	server := sourcetest.NewServer(nil)
	server.Override = func(request string, _ *http.Request) *sourcetest.Answer {
		if strings.Contains(request, "Page=7") {
			return &sourcetest.Answer{Status: 400, Body: `{"code":70002,"message":"Paged requests must include a PageToken","status":400}`}
		}
		return &sourcetest.Answer{Body: `{"accounts":[{"sid":"a"}],"next_page_uri":"/api/laml/2010-04-01/Accounts?Page=7"}`}
	}
	source := at(server, 2)
	got, err := sourcetest.Listed(t.Context(), source, sources.Window{})
	if err == nil || !strings.Contains(err.Error(), "70002") || !strings.Contains(err.Error(), "400") {
		t.Errorf("err = %v, want one with 400 and 70002", err)
	}
	if len(got) != 1 || len(server.Requests()) != 2 {
		t.Errorf("%d accounts after %q", len(got), server.Requests())
	}
}

// TestStreams checks that accounts are handed on before their page has ended, and
// that the cursor comes with the page's last ones alone.
func TestStreams(t *testing.T) {
	var accounts []string
	for i := range 2_500 {
		accounts = append(accounts, fmt.Sprintf(`{"sid":"%d"}`, i))
	}
	head := `{"next_page_uri":"/api/laml/2010-04-01/Accounts?Page=2","accounts":[` + strings.Join(accounts, ",")
	var answer sourcetest.Answer
	server := sourcetest.NewServer(nil)
	server.Override = func(request string, _ *http.Request) *sourcetest.Answer {
		if strings.Contains(request, "Page=2") {
			return &sourcetest.Answer{Body: `{"accounts":[],"next_page_uri":null}`}
		}
		return &answer
	}
	source := at(server, 1000)

	synctest.Test(t, func(t *testing.T) {
		answer = sourcetest.Answer{Body: head, Stall: true}
		begin := time.Now()
		source := at(server, 1000)
		for page, err := range source.List(t.Context(), sources.Window{}, "") {
			if err != nil || len(page.Records) != 1000 || page.Cursor != "" {
				t.Errorf("first batch: %d records, cursor %q, err %v", len(page.Records), page.Cursor, err)
			}
			break
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("the first batch waited %v for the end of its page", took)
		}
	})

	answer = sourcetest.Answer{Body: head + "]}"}
	var sizes []int
	var cursors []string
	for page, err := range source.List(t.Context(), sources.Window{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		sizes, cursors = append(sizes, len(page.Records)), append(cursors, page.Cursor)
	}
	if !slices.Equal(sizes, []int{1000, 1000, 500}) || !slices.Equal(cursors, []string{"", "", "/api/laml/2010-04-01/Accounts?Page=2"}) {
		t.Errorf("batches of %v with cursors %q", sizes, cursors)
	}
}

// TestSpellingsOfTheNextLink reads two pages whose first one links to the second in each way that the dialect has.
func TestSpellingsOfTheNextLink(t *testing.T) {
	const link = `"/2010-04-01/Accounts.json?Page=1"`
	for _, c := range []struct{ first, want string }{
		{`"next_page_uri":` + link, "a b"},
		{`"next_page_url":"https://provider.test/2010-04-01/Accounts.json?Page=1"`, "a b"},
		{`"meta":{"key":"accounts","next_page_url":"https://provider.test/2010-04-01/Accounts.json?Page=1"}`, "a b"},
		{`"next_page_uri":` + link + `,"meta":{"next_page_url":` + link + `},"num_pages":2,"total":2`, "a b"},
		{`"meta":{"next_page_url":null},"next_page_uri":null`, "a"},
		{`"next_page_uri":null,"num_pages":3,"total":12`, "1 of 12 records (total)"},
		{`"next_page_uri":null,"meta":{"next_page_url":` + link + `}`, "more follows (meta.next_page_url)"},
		{`"next_page_uri":null,"next_page_url":` + link, "more follows (next_page_url)"},
		{`"meta":{"next_page_url":"https://elsewhere.test/"}`, "elsewhere.test"},
		{`"meta":{"next_page_url":7}`, "(meta.next_page_url) is not a text"},
		{`"code":20500,"status":500`, "code 20500"},
	} {
		server := sourcetest.NewServer(nil)
		server.Override = func(_ string, r *http.Request) *sourcetest.Answer {
			if r.URL.Query().Get("Page") == "1" {
				return &sourcetest.Answer{Body: `{"accounts":[{"sid":"b"}],"next_page_uri":null,"meta":{"next_page_url":null}}`}
			}
			return &sourcetest.Answer{Body: `{"accounts":[{"sid":"a"}],` + c.first + `}`}
		}
		source := twilioAt(server, 1000)
		accounts, err := sourcetest.Listed(t.Context(), source, sources.Window{})
		var got []string
		for _, a := range accounts {
			got = append(got, a.ExternalID)
		}
		if err == nil && strings.Join(got, " ") != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, err = %v, want %s", c.first, got, err, c.want)
		}
	}
}

// TestProbeChecksWhereTheNextLinkLeads reads one page, and nothing elsewhere.
func TestProbeChecksWhereTheNextLinkLeads(t *testing.T) {
	for next, want := range map[string]string{
		`null`: "", `"/api/laml/2010-04-01/Accounts?PageToken=PA1"`: "", `"https://provider.test/x"`: "",
		`"https://elsewhere.test/x"`:         "the link to the next page cannot be followed: GET https://provider.test: it leads to https://elsewhere.test",
		`"http://provider.test/x"`:           "it leads to http://provider.test",
		`null,"links":{"next":"/x"}`:         "more follows (links.next)",
		`null,"error":{"code":1,"text":"x"}`: "is an error (error)",
	} {
		source, server := pages(1, func(string) (string, bool) { return next, true })
		err := source.Probe(t.Context())
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: err = %v, want %q", next, err, want)
		}
		if asked := len(server.Requests()); asked != 1 {
			t.Errorf("%s: %d requests", next, asked)
		}
	}
}
