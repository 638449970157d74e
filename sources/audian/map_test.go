package audian

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
)

func mapped(t *testing.T, raw string) (model.Account, []model.Warning) {
	t.Helper()
	canonical, err := canon.New(canon.NewRules(nil, nil, nil)).Append(nil, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	var warnings []model.Warning
	return (*source)(nil).Map(payload.Read(canonical, &warnings)), warnings
}

func TestPlaceholdersAreNoValues(t *testing.T) {
	a, warnings := mapped(t, `{"name":"None","enabled":true,"org":"n/a","realm":"undefined","timezone":"-","language":"null",
		"caller_id":{"external":{"number":"anonymous"}},
		"contact":{"billing":{"name":false,"email":"none","number":"020 7946 0000","locality":"0","country":"United Kingdom"}}}`)
	want := model.Account{Name: "None", Status: model.Active, Phone: "+442079460000", Country: "GB"}
	if got := a; got.Name != want.Name || got.Status != want.Status || got.Phone != want.Phone || got.Country != want.Country ||
		got.Organization+got.Domain+got.Timezone+got.Language+got.ContactName+got.Email+got.City != "" {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
}

func TestAPlaceholderIsNoParent(t *testing.T) {
	for tree, want := range map[string]string{
		`["top","middle","undefined"]`: "middle",
		`["0"]`:                        "",
		`[null]`:                       "",
		`["top","self"]`:               "top",
	} {
		it := item{id: "self", raw: []byte(`{"id":"self","tree":` + tree + `}`)}
		if got := it.parent(); got != want {
			t.Errorf("tree %s: parent %q, want %q", tree, got, want)
		}
	}
}

// TestASecondShape maps the account as Audian's page also documents it.
func TestASecondShape(t *testing.T) {
	a, warnings := mapped(t, `{"id":"a1","name":"Acme","status":"active","createdAt":"2024-01-15T10:30:00Z","updatedAt":"2024-02-01T08:00:00Z",
		"email":"Ops@Acme.example","phone":"+1 415 555 2671","plan":"Enterprise",
		"address":{"street":"1 Main St","city":"Springfield","state":"IL","postalCode":"62701","country":"US"},
		"settings":{"timezone":"America/Chicago","language":"en-US"}}`)
	want := model.Account{
		Name: "Acme", Status: model.Active, Kind: "enterprise", Email: "ops@acme.example", Phone: "+14155552671",
		Street: "1 Main St", City: "Springfield", Region: "IL", PostalCode: "62701", Country: "US", Timezone: "America/Chicago", Language: "en-US",
		CreatedAt: time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC), UpdatedAt: time.Date(2024, 2, 1, 8, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(want, a); diff != "" || len(warnings) > 0 {
		t.Errorf("warnings %v (-want +got):\n%s", warnings, diff)
	}
	for raw, want := range map[string]model.Status{
		`{"status":"suspended"}`: model.Suspended, `{"status":"Closed "}`: model.Closed, `{"status":"odd"}`: model.Unknown,
		`{"status":"active","enabled":false}`: model.Suspended, `{}`: model.Unknown,
	} {
		if a, _ := mapped(t, raw); a.Status != want {
			t.Errorf("%s is %s, want %s", raw, a.Status, want)
		}
	}
	if it := (item{id: "a1", raw: []byte(`{"id":"a1","status":"active","createdAt":"2024-01-15T10:30:00Z"}`)}); !it.detailed() {
		t.Error("the details of the second shape are fetched again")
	}
}

// TestContactsFieldByField takes each field from the billing contact, or from the technical one where that has none.
func TestContactsFieldByField(t *testing.T) {
	type contact struct{ Name, Email, Phone, Street, City, Country string }
	for raw, want := range map[string]contact{
		`"billing":{},"technical":{"name":"Jo","email":"jo@acme.example"}`:                                       {Name: "Jo", Email: "jo@acme.example"},
		`"billing":null,"technical":{"name":"Jo"}`:                                                               {Name: "Jo"},
		`"billing":{"street_address":"1 Main St","locality":"Bonn","country":"DE"}`:                              {Street: "1 Main St", City: "Bonn", Country: "DE"},
		`"billing":{"street_address":"1 Main St","name":"n/a"},"technical":{"name":"Jo","number":"+4922812345"}`: {Name: "Jo", Phone: "+4922812345", Street: "1 Main St"},
		`"billing":{"name":"Bo","email":"bo@acme.example"},"technical":{"name":"Jo","locality":"Bonn"}`:          {Name: "Bo", Email: "bo@acme.example", City: "Bonn"},
	} {
		a, warnings := mapped(t, `{"contact":{`+raw+`}}`)
		got := contact{a.ContactName, a.Email, a.Phone, a.Street, a.City, a.Country}
		if got != want || len(warnings) > 0 {
			t.Errorf("%s: got %+v, want %+v; warnings %v", raw, got, want, warnings)
		}
	}
}

func TestAnInheritedTimezoneIsUnset(t *testing.T) {
	if a, warnings := mapped(t, `{"timezone":"inherit"}`); a.Timezone != "" || len(warnings) > 0 {
		t.Errorf("timezone %q, warnings %v", a.Timezone, warnings)
	}
}
