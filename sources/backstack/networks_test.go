package backstack

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/sources"
)

// scripted serves accounts named as their sessions, and networks by session and page: "s1 2".
func scripted(t *testing.T, networks map[string]string, sessions ...string) sources.Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie(cookie)
		if err != nil || r.Header.Get("Authorization") != "Bearer "+appKey {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/account") {
			_, _ = fmt.Fprintf(w, `{"id":%q,"title":%q}`, c.Value, c.Value)
			return
		}
		body, ok := networks[c.Value+" "+r.URL.Query().Get("page_index")]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return connect(t, server.URL, sessions...)
}

// members is the beginning of a page with accounts from to to.
func members(from, to int) string {
	var list []string
	for i := from; i <= to; i++ {
		list = append(list, fmt.Sprintf(`{"account_id":"m%d"}`, i))
	}
	return `{"list":[` + strings.Join(list, ",") + `]`
}

func TestPages(t *testing.T) {
	for _, c := range []struct {
		name  string
		pages map[string]string
		want  int    // members
		part  string // of the error
	}{
		{"by pages", map[string]string{"session 1": members(1, 25) + `,"total":26,"pages":2}`, "session 2": members(26, 26) + `,"total":26,"pages":2}`}, 26, ""},
		{"by pages as text", map[string]string{"session 1": members(1, 2) + `,"pages":"2"}`, "session 2": members(3, 3) + `,"pages":"2"}`}, 3, ""},
		{"by total", map[string]string{"session 1": members(1, 25) + `,"total":25}`}, 25, ""},
		{"by a page that is not full", map[string]string{"session 1": members(1, 25) + `}`, "session 2": members(26, 27) + `}`}, 27, ""},
		{"none", map[string]string{"session 1": `{"list":[],"total":0,"pages":0}`}, 0, ""},
		{"an empty page in between", map[string]string{"session 1": `{"list":[],"pages":2}`, "session 2": members(1, 1) + `,"pages":2}`}, 1, ""},
		{"bare", map[string]string{"session 1": `{"data":[{"account_id":"m1"}]}`}, 1, ""},
		{"a number for an id", map[string]string{"session 1": `{"list":[{"account_id":9007199254740993}]}`}, 1, ""},
		{"an end before the total", map[string]string{"session 1": members(1, 25) + `,"total":30}`, "session 2": `{"list":[],"total":30}`}, 25, "ends after 25 of 30"},
		{"a page that repeats", map[string]string{"session 1": members(1, 25) + `,"pages":3}`, "session 2": members(1, 25) + `,"pages":3}`}, 25, "loop"},
		{"a first page that comes again", map[string]string{
			"session 1": members(1, 2) + `,"pages":9}`, "session 2": members(3, 4) + `,"pages":9}`, "session 3": members(1, 2) + `,"pages":9}`,
		}, 4, "loop"},
		{"a last page that comes again", map[string]string{
			"session 1": members(1, 2) + `,"pages":9}`, "session 2": members(3, 4) + `,"pages":9}`, "session 3": members(3, 4) + `,"pages":9}`,
		}, 4, "page 3 repeats"},
		{"a later page that is missing", map[string]string{"session 1": members(1, 25) + `,"pages":2}`}, 25, "page 2"},
		{"no list", map[string]string{"session 1": `{"list":null}`}, 0, "no list"},
		{"no success", map[string]string{"session 1": `{"success":false,"payload":{"list":[]}}`}, 0, "(success)"},
		{"an error", map[string]string{"session 1": members(1, 2) + `,"error":{"type":"server"}}`}, 0, "(error)"},
		{"pages that end before the total", map[string]string{"session 1": members(1, 2) + `,"total":3,"pages":1}`}, 2, "ends after 2 of 3 records"},
		{"a total that is reached by a repeated member", map[string]string{"session 1": members(1, 25) + `,"total":26}`, "session 2": members(25, 25) + `,"total":26}`}, 25, "ends after 25 of 26 records"},
		{"more on a page that is not full", map[string]string{"session 1": members(1, 2) + `,"has_more":true}`}, 2, "more follows (has_more)"},
		{"a link on the last page", map[string]string{"session 1": members(1, 2) + `,"pages":1,"links":{"next":"/2"}}`}, 2, "more follows (links.next)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t.Context(), scripted(t, c.pages, "session"))
			if r.err != nil {
				t.Fatal(r.err)
			}
			parts := strings.Join(r.parts, "\n")
			if c.part == "" && parts != "" || !strings.Contains(parts, c.part) {
				t.Errorf("parts = %q, want %q", r.parts, c.part)
			}
			if got := len(r.records) - 1; got != c.want {
				t.Errorf("%d members, want %d", got, c.want)
			}
		})
	}
}

func TestAnAccountThatIsAnError(t *testing.T) {
	for body, ok := range map[string]bool{
		`{"id":"a","status":"incomplete","code":500}`:                        true,
		`{"id":"a","error":null}`:                                            true,
		`{"success":true,"payload":{"id":"a","error":"none of ours"}}`:       true,
		`{"id":"a","error":{"code":"x"}}`:                                    false,
		`{"id":"a","success":false}`:                                         false,
		`{"success":false,"payload":{"id":"a"}}`:                             false,
		`{"data":{"id":"a"},"error":{"type":"server","code":"unavailable"}}`: false,
		`{"data":{"id":"a"},"status":500}`:                                   false,
	} {
		if _, err := unwrap([]byte(body)); (err == nil) != ok {
			t.Errorf("%s: err = %v", body, err)
		}
	}
}

func TestAnAccountOfTwoNetworks(t *testing.T) {
	networks := map[string]string{
		"s1 1": `{"list":[{"account_id":"m1","account_title":"of s1"},{"account_id":"s3"},{"account_id":"s1"}]}`,
		"s2 1": `{"list":[{"account_id":"m1","account_title":"of s2"},{"account_id":"s3"},{"account_id":"m2"}]}`,
	}
	for _, c := range []struct {
		sessions []string
		want     map[string]string
	}{
		{[]string{"s1", "s2", "s3"}, map[string]string{"m1": "s1", "m2": "s2", "s1": "", "s2": "", "s3": "s1"}},
		{[]string{"s3", "s2", "s1"}, map[string]string{"m1": "s2", "m2": "s2", "s1": "", "s2": "", "s3": "s2"}},
	} {
		got := map[string]string{}
		for id, r := range read(t.Context(), scripted(t, networks, c.sessions...)).well(t).records {
			got[id] = r.Parent
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("parents with sessions %v (-want +got):\n%s", c.sessions, diff)
		}
	}
}

func TestAMemberThatIsTooLong(t *testing.T) {
	long := `{"account_id":"m1","more":"` + strings.Repeat("x", sources.MaxRecord) + `"}`
	r := read(t.Context(), scripted(t, map[string]string{"session 1": `{"list":[` + long + `]}`}, "session")).well(t)
	if m := r.records["m1"]; !m.Oversize || m.Parent != "session" {
		t.Errorf("Oversize = %t, Parent = %q", m.Oversize, m.Parent)
	}
}
