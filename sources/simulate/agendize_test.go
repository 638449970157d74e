package simulate

import (
	"strings"
	"testing"
	"time"
)

var agendizeAuth = []string{"apiKey", "k", "token", "t"}

func TestAgendizeFields(t *testing.T) {
	a := Account{
		ID: "17", Name: "Acme", Status: Suspended, Kind: "Gold", Reference: "client-1", Email: "a@example.com",
		FirstName: "Ana", LastName: "Côté", TimeZone: "America/Montreal", Language: "fr", Currency: "CAD",
		Created: time.Date(2024, 7, 1, 12, 0, 0, 0, time.UTC), Tags: []string{"vip"},
	}
	got := decode(t, string(RenderAgendize(a)))
	wantKeys(t, got, "id", "userName", "firstName", "lastName", "email", "organization", "preferences", "currency",
		"resellerId", "domain", "created", "ssoToken", "credit", "profile", "tools", "whiteLabel", "clientName", "status",
		"sendSignupEmail", "additionalUsers", "tags")
	wantKeys(t, got["preferences"].(map[string]any), "timeZone", "language", "displayName")
	wantKeys(t, got["whiteLabel"].(map[string]any), "logoURL", "emailAddress", "headerBackgroundColor", "menuBackgroundColor")
	wantKeys(t, got["tags"].([]any)[0].(map[string]any), "id", "tag", "color")
	equal(t, "status", got["status"], any("disabled"))
	created := got["created"].(map[string]any)
	equal(t, "created, local", created["dateTime"], any("2024-07-01T08:00:00"))
	equal(t, "its zone", created["timeZone"], any("America/Montreal"))
}

func TestAgendizeLists(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC) }
	world := NewWorld(
		Account{ID: "1", Status: Active, Created: day(1), Reference: "r1", Email: "one@example.com", LastName: "Ito"},
		Account{ID: "2", Status: Active, Created: day(2), Email: "two@example.com"},
		Account{ID: "3", Status: Suspended, Created: day(3), Email: "three@example.com"},
	)
	server := Run(t, &Agendize{Accounts: world, APIKey: "k", Token: "t"})
	for query, want := range map[string]string{
		"":                                       "1 2 3",
		"?status=enabled":                        "1 2",
		"?createdStartDate=2024-01-01T00:00:00Z": "2 3", // exclusive
		"?createdStartDate=2024-01-01T00:00:00Z&createdEndDate=2024-01-03T00:00:00Z":   "2",
		"?createdStartDate=2023-12-31T23:59:59Z&createdEndDate=2024-01-01T00:00:01.5Z": "1",
	} {
		list := must(t, 200)(get(t, server.URL+agendizePath+query, agendizeAuth...))
		wantKeys(t, list, "items")
		equal(t, query, strings.Join(column(list["items"], "id"), " "), want)
	}
	for _, key := range []string{"1", "r1", "one@example.com"} {
		equal(t, key, must(t, 200)(get(t, server.URL+agendizePath+"/"+key, agendizeAuth...))["id"], any("1"))
	}
	must(t, 404)(get(t, server.URL+agendizePath+"/4", agendizeAuth...))
	must(t, 403)(get(t, server.URL+agendizePath, "apiKey", "k"))
	must(t, 200)(get(t, server.URL+agendizePath+"?apiKey=k&token=t"))
	must(t, 400)(get(t, server.URL+agendizePath+"?createdEndDate=today", agendizeAuth...))
}

func TestAgendizeOptions(t *testing.T) {
	world := NewWorld(Account{ID: "1", Status: Active}, Account{ID: "2", Status: Suspended})
	dialect := &Agendize{Accounts: world, APIKey: "k", Token: "t", VolatileCredit: true, HideDisabled: true}
	server := Run(t, dialect)
	credit := func() any {
		list := must(t, 200)(get(t, server.URL+agendizePath, agendizeAuth...))
		equal(t, "ids", strings.Join(column(list["items"], "id"), " "), "1")
		return list["items"].([]any)[0].(map[string]any)["credit"]
	}
	if a, b := credit(), credit(); a == b {
		t.Errorf("credit stayed %v", a)
	}
	equal(t, "visible", len(dialect.Visible()), 1)
	wantKeys(t, must(t, 404)(get(t, server.URL+agendizePath+"/9", agendizeAuth...)), "error")
}

func TestAgendizeStreams(t *testing.T) {
	const n = 3 * agendizeChunk
	server := Run(t, &Agendize{Accounts: &Lazy{N: n}, APIKey: "k", Token: "t"})
	_, body, header := get(t, server.URL+agendizePath, agendizeAuth...)
	equal(t, "length", header.Get("Content-Length"), "")
	equal(t, "accounts", len(decode(t, body)["items"].([]any)), n)
}
