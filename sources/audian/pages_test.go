package audian

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rollcall/sources"
	"rollcall/sources/simulate"
)

func TestAccountsOfOneName(t *testing.T) {
	for _, c := range []struct {
		same int
		ok   bool
	}{{6, true}, {7, true}, {70, true}, {71, false}, {200, false}} {
		t.Run(fmt.Sprint(c.same), func(t *testing.T) {
			w := world(20)
			for i := range c.same {
				w.Put(simulate.Account{ID: fmt.Sprintf("same%03d", i), Parent: rootID, Name: "Account 0010 and more", Status: simulate.Active})
			}
			w.Put(simulate.Account{ID: "zlast", Parent: rootID, Name: "Zz", Status: simulate.Active})
			s, _ := kazoo(t, &simulate.Kazoo{Accounts: w}, nil)
			r := read(t.Context(), s, "")
			if c.ok {
				if got := parents(accounts(t, s, r.well(t).records)); len(got) != w.Len() {
					t.Errorf("%d accounts, want %d", len(got), w.Len())
				}
				return
			}
			if r.err == nil || !strings.Contains(r.err.Error(), "PAGE_SIZE") {
				t.Errorf("err = %v, want what to do about the paging", r.err)
			}
		})
	}
}

// lists serves pages of descendants by their start_key, or of sub-accounts by id where there are none of the former.
func lists(t *testing.T, pages map[string]string) sources.Source {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		key := r.URL.Query().Get("start_key")
		if offset := r.URL.Query().Get("offset"); offset != "" {
			key = "offset " + offset + " limit " + r.URL.Query().Get("limit")
		}
		switch {
		case r.Header.Get("X-Auth-Token") != "given-s3cr3t-token":
			w.WriteHeader(http.StatusUnauthorized)
			return
		case parts[len(parts)-1] == "accounts":
			key = "below " + parts[len(parts)-2]
		case parts[len(parts)-1] != "descendants":
			more := ""
			if id := parts[len(parts)-1]; id == "long" {
				more = strings.Repeat("x", sources.MaxRecord+2*envelopeBytes)
			}
			_, _ = fmt.Fprintf(w, `{"data":{"id":%q,"name":"N","enabled":true,"created":63872710200,"tree":["above"],"more":%q}}`, parts[len(parts)-1], more)
			return
		case pages[key] == "" && key == "":
			w.WriteHeader(http.StatusNotFound)
			return
		}
		body, ok := pages[key]
		if !ok {
			w.WriteHeader(http.StatusBadRequest)
		}
		_, _ = fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	var cfg Config
	if err := cfg.BaseURL.EnvDecode(server.URL + "/v2"); err != nil {
		t.Fatal(err)
	}
	cfg.AccountID, cfg.AuthToken, cfg.PageSize = rootID, "given-s3cr3t-token", 2
	s, err := New(sources.Connection{}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestCursors(t *testing.T) {
	item := func(id string) string {
		return fmt.Sprintf(`{"data":[{"id":%q,"tree":["root"]}],"next_start_key":`, id)
	}
	for _, c := range []struct {
		name  string
		pages map[string]string
		want  string // the error, or the ids
	}{
		{"a text with escapes", map[string]string{"": item("a") + `"k\u00fc/+"}`, "kü/+": item("b") + `null}`}, "root a b"},
		{"a number", map[string]string{"": item("a") + `17}`, "17": item("b") + `""}`}, "root a b"},
		{"an array", map[string]string{"": item("a") + `["x",1]}`, `["x",1]`: item("b") + `null}`}, "root a b"},
		{"an empty page in between", map[string]string{"": `{"data":[],"next_start_key":"b"}`, "b": item("b") + `null}`}, "root b"},
		{"the root among its own descendants", map[string]string{"": item("root") + `null}`}, "root"},
		{"a number for an id", map[string]string{"": `{"data":[{"id":9007199254740993,"enabled":true,"created":1}]}`}, "root 9007199254740993"},
		{"a loop of three", map[string]string{"": item("a") + `"1"}`, "1": item("b") + `"2"}`, "2": item("c") + `"3"}`, "3": item("c") + `"1"}`}, "does not move on"},
		{"no list", map[string]string{"": `{"data":{}}`}, "no list"},
		{"an error with status 200", map[string]string{"": `{"data":[],"status":"error"}`}, "is an error (status)"},
		{"a fatal error with status 200", map[string]string{"": `{"data":[],"status":"fatal"}`}, "is an error (status)"},
		{"an empty list as the cursor", map[string]string{"": item("a") + `[]}`}, "root a"},
		{"an empty object as the cursor", map[string]string{"": item("a") + `{}}`}, "root a"},
		{"false as the cursor", map[string]string{"": item("a") + `false}`}, "root a"},
		{"an account named none as the cursor", map[string]string{"": item("a") + `"none"}`, "none": item("b") + `null}`}, "root a b"},
		{"a cursor that is no text", map[string]string{"": item("a") + `"\u0000"}`}, "next_start_key"},
		{"a page that is refused later", map[string]string{"": item("a") + `"1"}`}, "400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t.Context(), lists(t, c.pages), "")
			got := fmt.Sprint(r.err)
			if r.err == nil {
				var ids []string
				for _, record := range r.well(t).records {
					ids = append(ids, record.ID)
				}
				if diff := cmp.Diff(c.want, strings.Join(ids, " ")); diff != "" {
					t.Errorf("ids (-want +got):\n%s", diff)
				}
			} else if !strings.Contains(got, c.want) {
				t.Errorf("err = %s, want %s", got, c.want)
			}
		})
	}
}

// TestOffsets reads lists that count instead of naming keys.
func TestOffsets(t *testing.T) {
	list := func(ids, more string) string {
		var items []string
		for _, id := range strings.Fields(ids) {
			items = append(items, fmt.Sprintf(`{"id":%q,"enabled":true,"created":1}`, id))
		}
		return `{"data":[` + strings.Join(items, ",") + `],"status":"success",` + more + `}`
	}
	at := func(offset, total int) string {
		return fmt.Sprintf(`"pagination":{"limit":2,"offset":%d,"total":%d}`, offset, total)
	}
	for _, c := range []struct {
		name  string
		pages map[string]string
		want  string // the error, or the ids
	}{
		{"to the end", map[string]string{"": list("a b", at(0, 5)), "offset 2 limit 2": list("c d", at(2, 5)), "offset 4 limit 2": list("e", at(4, 5))}, "root a b c d e"},
		{"next to the list", map[string]string{"": list("a b", `"limit":2,"offset":0,"total":"3"`), "offset 2 limit 2": list("c", `"total":3`)}, "root a b c"},
		{"one page", map[string]string{"": list("a b", at(0, 2))}, "root a b"},
		{"pages that are shorter than their limit", map[string]string{"": list("a", at(0, 3)), "offset 1 limit 2": list("b", at(1, 3)), "offset 2 limit 2": list("c", at(2, 3))}, "root a b c"},
		{"without an offset in the answer", map[string]string{"": list("a b", `"pagination":{"limit":2,"total":3}`), "offset 2 limit 2": list("c", `"pagination":{"limit":2,"total":3}`)}, "root a b c"},
		{"a list that grows", map[string]string{"": list("a b", at(0, 3)), "offset 2 limit 2": list("b c", at(2, 4))}, "root a b b c"},
		{"after keys", map[string]string{"": list("a b", `"next_start_key":"k",`+at(0, 5)), "k": list("c d", at(2, 5)), "offset 4 limit 2": list("e", at(4, 5))}, "root a b c d e"},
		{"keys alone", map[string]string{"": list("a b", `"next_start_key":"k",`+at(0, 3)), "k": list("c", at(2, 3))}, "root a b c"},
		{"an offset that is ignored", map[string]string{"": list("a b", at(0, 5)), "offset 2 limit 2": list("a b", at(0, 5))}, "offset 2 was requested, and 0 answered"},
		{"the same page without an offset", map[string]string{"": list("a b", `"pagination":{"limit":2,"total":4}`), "offset 2 limit 2": list("a b", `"pagination":{"limit":2,"total":4}`)}, "does not move on"},
		{"an end before the total", map[string]string{"": list("a b", at(0, 5)), "offset 2 limit 2": list("", at(2, 5))}, "2 of 5 records"},
		{"a total without paging", map[string]string{"": list("a b", `"total":5`)}, "2 of 5 records"},
		{"a page that is refused", map[string]string{"": list("a b", at(0, 5))}, "400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := read(t.Context(), lists(t, c.pages), "")
			got := fmt.Sprint(r.err)
			if r.err == nil {
				var ids []string
				for _, record := range r.well(t).records {
					ids = append(ids, record.ID)
				}
				got = strings.Join(ids, " ")
			}
			if r.err == nil && got != c.want || r.err != nil && !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestDescendantWithoutTree(t *testing.T) {
	s := lists(t, map[string]string{"": `{"data":[{"id":"a"},{"id":"b","tree":null},{"id":"c","tree":["root","a","c"]}]}`})
	got := parents(accounts(t, s, read(t.Context(), s, "").well(t).records))
	want := map[string]string{"root": "", "a": "root", "b": "root", "c": "a"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
}

func TestSubAccountsInALoop(t *testing.T) {
	s := lists(t, map[string]string{
		"below root": `{"data":[{"id":"a"},{"id":"root"}]}`,
		"below a":    `{"data":[{"id":"b"},{"id":"a"}]}`,
		"below b":    `{"data":[{"id":"a"}]}`,
	})
	got := parents(accounts(t, s, read(t.Context(), s, "").well(t).records))
	if diff := cmp.Diff(map[string]string{"root": "", "a": "root", "b": "a"}, got); diff != "" {
		t.Errorf("parents (-want +got):\n%s", diff)
	}
}

func TestAccountsThatAreTooLong(t *testing.T) {
	long := strings.Repeat("x", sources.MaxRecord)
	s := lists(t, map[string]string{"": `{"data":[{"id":"long"},{"id":"listed","name":"` + long + `"},{"id":"merged","name":"` + long[100:] + `"}]}`})
	got := map[string]bool{}
	for _, r := range read(t.Context(), s, "").well(t).records {
		if got[r.ID] = r.Oversize; r.Oversize && len(r.Raw) > oversizeBytes {
			t.Errorf("%s holds %d bytes", r.ID, len(r.Raw))
		}
	}
	if diff := cmp.Diff(map[string]bool{"root": false, "long": true, "listed": true, "merged": true}, got); diff != "" {
		t.Errorf("oversize (-want +got):\n%s", diff)
	}
}
