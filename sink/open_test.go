package sink

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sink/sinktest"
)

// stored reads the one account back.
func stored(t *testing.T, db *sqlx.DB) model.Account {
	t.Helper()
	var a model.Account
	var print []byte
	err := db.QueryRow(`SELECT external_id, coalesce(parent_external_id, ''), name, status, coalesce(kind, ''), coalesce(reference, ''),
		coalesce(email, ''), coalesce(phone, ''), coalesce(website, ''), coalesce(domain, ''), coalesce(organization, ''),
		coalesce(contact_name, ''), coalesce(street, ''), coalesce(city, ''), coalesce(region, ''), coalesce(postal_code, ''),
		coalesce(country, ''), coalesce(timezone, ''), coalesce(language, ''), coalesce(currency, ''), provider_created_at,
		payload, fingerprint FROM directory.accounts`).Scan(&a.ExternalID, &a.Parent, &a.Name, &a.Status, &a.Kind, &a.Reference,
		&a.Email, &a.Phone, &a.Website, &a.Domain, &a.Organization, &a.ContactName, &a.Street, &a.City, &a.Region, &a.PostalCode,
		&a.Country, &a.Timezone, &a.Language, &a.Currency, &a.CreatedAt, &a.Payload, &print)
	if err != nil {
		t.Fatal(err)
	}
	copy(a.Fingerprint[:], print)
	a.CreatedAt = a.CreatedAt.UTC()
	if a.Payload, err = canon.New(canon.NewRules(nil, nil, nil)).Append(nil, a.Payload); err != nil {
		t.Fatal(err)
	}
	return a
}

// The error of a database has its name and host, and never the user or the
// password.
func TestErrorsOfOpening(t *testing.T) {
	t.Parallel()
	const user, password = "us3rname", "passw0rd"
	good, err := url.Parse(sinktest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*url.URL)) string {
		u := *good
		change(&u)
		return u.String()
	}
	for name, c := range map[string]struct{ url, says string }{
		"no URL":             {"host=localhost user=" + user + " password=" + password, "DATABASE_URL"},
		"another scheme":     {"mysql://" + user + ":" + password + "@localhost/db", "DATABASE_URL"},
		"not to be read":     {"postgres://" + user + ":" + password + "@local host:x/db", "DATABASE_URL"},
		"an unknown setting": {"postgres://" + user + ":" + password + "@127.0.0.1:1/db?sslmode=" + password, "DATABASE_URL"},
		"nobody there":       {"postgres://" + user + ":" + password + "@127.0.0.1:1/db?sslmode=disable", `"db" at 127.0.0.1:1`},
		"no such database":   {with(func(u *url.URL) { u.Path = "/nowhere" }), "create it"},
		"no such role":       {with(func(u *url.URL) { u.User = url.UserPassword(user, password) }), "check DATABASE_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := Open(t.Context(), c.url, 1)
			if err == nil {
				_ = db.Close()
				t.Fatal("it opens")
			}
			if text := err.Error(); !strings.Contains(text, c.says) || strings.Contains(text, user) || strings.Contains(text, password) {
				t.Errorf("the error is %q, want %q in it", text, c.says)
			}
		})
	}
}

// A database without the schema says what to do.
func TestADatabaseWithoutTheSchema(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), sinktest.URL(t), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = Begin(t.Context(), db, manual)
	var known *Error
	if !errors.As(err, &known) || !strings.Contains(err.Error(), "rollcall migrate up") {
		t.Errorf("the error is %v", err)
	}
}
