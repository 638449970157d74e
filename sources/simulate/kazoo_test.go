package simulate

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

var kazooAuth = []string{"X-Auth-Token", "t"}

func kazooFamily() *World {
	return NewWorld(
		Account{ID: "above", Name: "Above"},
		Account{ID: "top", Parent: "above", Name: "Top", Status: Active},
		Account{ID: "a", Parent: "top", Name: "A", Status: Active, Domain: "a.sip.example.com", TimeZone: "America/New_York", Created: time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC)},
		Account{ID: "b", Parent: "a", Name: "B", Status: Suspended},
		Account{ID: "other", Parent: "above", Name: "Other"},
	)
}

func TestKazooFields(t *testing.T) {
	dialect := &Kazoo{Accounts: kazooFamily(), Root: "top", Token: "t"}
	server := Run(t, dialect)
	body := must(t, 200)(get(t, server.URL+"/v2/accounts/a", kazooAuth...))
	for _, field := range []string{"auth_token", "data", "request_id", "status"} {
		if body[field] == nil {
			t.Errorf("the envelope lacks %s", field)
		}
	}
	data := body["data"].(map[string]any)
	for field, want := range map[string]any{
		"id": "a", "name": "A", "realm": "a.sip.example.com", "timezone": "America/New_York", "enabled": true,
		"created": "2024-01-15T10:30:00Z", "reseller_id": "undefined",
	} {
		equal(t, field, data[field], want)
	}
	got := decode(t, string(RenderKazoo(Account{Created: time.Unix(0, 0)}, true)))
	equal(t, "Gregorian", got["created"], any(62167219200.0))
}

func TestKazooLists(t *testing.T) {
	world := kazooFamily()
	server := Run(t, &Kazoo{Accounts: world, Root: "top", Token: "t"})
	list := func(path string) map[string]any {
		return must(t, 200)(get(t, server.URL+"/v2/accounts/"+path, kazooAuth...))
	}
	below := list("top/descendants")
	equal(t, "descendants", strings.Join(column(below["data"], "id"), " "), "a b")
	b := below["data"].([]any)[1].(map[string]any)
	wantKeys(t, b, "id", "name", "realm", "flags", "tree")
	equal(t, "tree", fmt.Sprint(b["tree"]), "[above top a]")
	equal(t, "children", strings.Join(column(list("top/children")["data"], "id"), " "), "a")
	equal(t, "accounts", strings.Join(column(list("top/accounts")["data"], "id"), " "), "a")
	equal(t, "parent", list("b/parent")["data"].(map[string]any)["id"], any("a"))

	world.Remove("a")
	b = list("top/descendants")["data"].([]any)[0].(map[string]any)
	equal(t, "tree with a dead one", fmt.Sprint(b["tree"]), "[above top a]")
}

func TestKazooPages(t *testing.T) {
	for _, c := range []struct {
		name  string
		names []string
		want  string // ids, with a / between pages
	}{
		{"distinct names", []string{"A", "B", "C", "D", "E"}, "0 1/2 3/4"},
		{"a pair over a boundary repeats", []string{"A", "B", "B", "C"}, "0 1/1 2/3"},
		{"a page's worth of one name stalls", []string{"A", "B", "B", "B"}, "0 1/1 2/1 2"},
	} {
		world := NewWorld(Account{ID: "top", Name: "Top"})
		for i, name := range c.names {
			world.Put(Account{ID: fmt.Sprint(i), Parent: "top", Name: name})
		}
		server := Run(t, &Kazoo{Accounts: world, Root: "top", Token: "t"})
		var pages []string
		cursor := ""
		for range 3 { // a stalled listing has no end
			q := url.Values{"page_size": {"2"}}
			if cursor != "" {
				q.Set("start_key", cursor)
			}
			page := must(t, 200)(get(t, server.URL+"/v2/accounts/top/descendants?"+q.Encode(), kazooAuth...))
			ids := column(page["data"], "id")
			equal(t, "page_size", page["page_size"], any(float64(len(ids))))
			pages = append(pages, strings.Join(ids, " "))
			if cursor, _ = page["next_start_key"].(string); cursor == "" {
				break
			}
		}
		equal(t, c.name, strings.Join(pages, "/"), c.want)
	}
}

func TestKazooTokens(t *testing.T) {
	dialect := &Kazoo{Accounts: kazooFamily(), Root: "top", APIKey: "key", TokenUses: 2}
	server := Run(t, dialect)
	login := func(key string) (int, string) {
		status, body, _ := ask(t, "PUT", server.URL+"/v2/api_auth", `{"data":{"api_key":"`+key+`"}}`)
		return status, body
	}
	status, body := login("wrong")
	equal(t, "a wrong key", status, 404)
	equal(t, "is echoed", decode(t, body)["data"].(map[string]any)["api_key"], any("wrong"))

	token := func() string {
		status, body := login("key")
		equal(t, "login", status, 201)
		equal(t, "account", decode(t, body)["data"].(map[string]any)["account_id"], any("top"))
		return decode(t, body)["auth_token"].(string)
	}
	first, second := token(), token()
	for _, c := range []struct {
		token  string
		status int
	}{{first, 200}, {second, 200}, {first, 200}, {first, 401}, {second, 200}, {second, 401}, {"", 401}} {
		must(t, c.status)(get(t, server.URL+"/v2/accounts/top", "X-Auth-Token", c.token))
	}
	third := token()
	dialect.ExpireTokens()
	must(t, 401)(get(t, server.URL+"/v2/accounts/top", "X-Auth-Token", third))
	equal(t, "issued", dialect.TokensIssued(), 3)
	equal(t, "violations", len(server.Violations()), 0)
}

func TestKazooRefusals(t *testing.T) {
	server := Run(t, &Kazoo{Accounts: kazooFamily(), Root: "top", Token: "t", Upstream: true})
	for path, want := range map[string]int{
		"above":                        403,
		"other":                        403,
		"none":                         404,
		"top/accounts":                 405,
		"a/parent":                     404,
		"a/descendants?paginate=false": 200,
	} {
		status, body, _ := get(t, server.URL+"/v2/accounts/"+path, kazooAuth...)
		equal(t, path, status, want)
		decode(t, body)
	}
}

func TestKazooVisible(t *testing.T) {
	visible := (&Kazoo{Accounts: kazooFamily(), Root: "top"}).Visible()
	var got []string
	for _, a := range visible {
		got = append(got, a.Parent+">"+a.ID)
	}
	equal(t, "visible", strings.Join(got, " "), ">top top>a a>b")
}
