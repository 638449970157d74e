package simulate

import (
	"fmt"
	"testing"
	"time"
)

func backstackAuth(session string) []string {
	return []string{"Authorization", "Bearer app", "Cookie", "BackstackJWT=" + session}
}

func TestBackstackFields(t *testing.T) {
	a := Invent(1)
	a.ID, a.Kind, a.Created = "acc_1234567890", "app", time.Unix(1700000000, 0)
	got := decode(t, string(RenderBackstack(a)))
	wantKeys(t, got, "id", "created", "title", "address", "city", "state", "zip", "phone", "url", "contact_name",
		"contact_email", "timezone_id", "country_id", "is_app_account", "domain_id", "version_id", "jwt")
	equal(t, "created", got["created"], any(1700000000.0))
	equal(t, "app", got["is_app_account"], any(true))
	a.Kind = "pro"
	equal(t, "no app", decode(t, string(RenderBackstack(a)))["is_app_account"], any(0.0))
}

func TestBackstackNetworks(t *testing.T) {
	world := NewWorld(Account{ID: "top", Name: "Top"}, Account{ID: "alone"})
	for i := range 30 {
		world.Put(Account{ID: fmt.Sprintf("c%02d", i), Parent: "top", Name: fmt.Sprintf("Child %02d", i)})
	}
	for _, wrap := range []string{Bare, Payload, Data} {
		server := Run(t, &Backstack{Accounts: world, AppKey: "app", Wrap: wrap, Sessions: map[string]string{"s1": "top", "s2": "alone"}})
		unwrap := func(body map[string]any) map[string]any {
			if wrap != Bare {
				body = body[wrap].(map[string]any)
			}
			return body
		}
		account := unwrap(must(t, 200)(get(t, server.URL+backstackPath, backstackAuth("s1")...)))
		equal(t, "id", account["id"], any("top"))
		for query, want := range map[string]int{"": 25, "?page_index=1": 25, "?page_index=2": 5, "?page=2": 5, "?page_index=3": 0} {
			page := unwrap(must(t, 200)(get(t, server.URL+backstackNetworks+query, backstackAuth("s1")...)))
			equal(t, query, len(page["list"].([]any)), want)
			equal(t, "total", page["total"], any(30.0))
			equal(t, "pages", page["pages"], any(2.0))
		}
		must(t, 404)(get(t, server.URL+backstackNetworks, backstackAuth("s2")...))
	}
}

func TestBackstackSessions(t *testing.T) {
	world := NewWorld(Account{ID: "top", Name: "Top", Status: Suspended}, Account{ID: "child", Parent: "top", City: "Lyon"})
	dialect := &Backstack{Accounts: world, AppKey: "app", Sessions: map[string]string{"s1": "top", "s2": "child"}}
	server := Run(t, dialect)
	visible := dialect.Visible()
	equal(t, "child's parent", visible[1].Parent, "top")
	equal(t, "child's city", visible[1].City, "Lyon")

	dialect.Expire("s2")
	body := must(t, 401)(get(t, server.URL+backstackPath, backstackAuth("s2")...))
	wantKeys(t, body["error"].(map[string]any), "type", "code", "message", "fields")
	visible = dialect.Visible()
	equal(t, "child's status", visible[1].Status, Unknown)
	equal(t, "child's city", visible[1].City, "")

	dialect.Renew("s2")
	must(t, 200)(get(t, server.URL+backstackPath, backstackAuth("s2")...))
	dialect.Expire("s1")
	equal(t, "child's parent", dialect.Visible()[0].Parent, "")
	must(t, 401)(get(t, server.URL+backstackPath, "Authorization", "Bearer wrong", "Cookie", "BackstackJWT=s2"))
	must(t, 401)(get(t, server.URL+backstackPath, "Authorization", "Bearer app"))
}
