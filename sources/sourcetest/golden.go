package sourcetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rollcall/model"
	"rollcall/model/canon"
)

var update = flag.Bool("update", false, "accept what the golden files hold now")

// Golden maps list.txt and compares the accounts, with their payload and
// warnings, with list.golden.json; -update accepts them.
func Golden(t *testing.T, h Harness) {
	h.bubble(t, "list", func(f *fixture) {
		c := canon.New(f.source.Metadata().Rules)
		out := []byte("[\n")
		for i, r := range f.whole().records() {
			m, err := mapRecord(f.source, c, r)
			if err != nil {
				f.t.Fatalf("record %d: %v", i, err)
			}
			if i > 0 {
				out = append(out, ",\n"...)
			}
			out = append(out, describe(m)...)
		}
		out = append(out, "\n]\n"...)
		compareGolden(f.t, h.path("list.golden.json"), out)
	})
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: make it with go test -update", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s: accept with go test -update (-want +got):\n%s", file, diff)
	}
}

// shown is an account by the directory's columns, those that are null left out.
type shown struct {
	ExternalID        string          `json:"external_id"`
	Parent            string          `json:"parent_external_id,omitempty"`
	KeepParent        bool            `json:"keep_parent,omitempty"`
	Name              string          `json:"name"`
	Status            model.Status    `json:"status"`
	KeepStatus        bool            `json:"keep_status,omitempty"`
	Lower             bool            `json:"lower,omitempty"`
	Oversize          bool            `json:"oversize,omitempty"`
	Kind              string          `json:"kind,omitempty"`
	Reference         string          `json:"reference,omitempty"`
	Email             string          `json:"email,omitempty"`
	Phone             string          `json:"phone,omitempty"`
	Website           string          `json:"website,omitempty"`
	Domain            string          `json:"domain,omitempty"`
	Organization      string          `json:"organization,omitempty"`
	ContactName       string          `json:"contact_name,omitempty"`
	Street            string          `json:"street,omitempty"`
	City              string          `json:"city,omitempty"`
	Region            string          `json:"region,omitempty"`
	PostalCode        string          `json:"postal_code,omitempty"`
	Country           string          `json:"country,omitempty"`
	Timezone          string          `json:"timezone,omitempty"`
	Language          string          `json:"language,omitempty"`
	Currency          string          `json:"currency,omitempty"`
	ProviderCreatedAt time.Time       `json:"provider_created_at,omitzero"`
	ProviderUpdatedAt time.Time       `json:"provider_updated_at,omitzero"`
	Warnings          []string        `json:"warnings,omitempty"`
	Payload           json.RawMessage `json:"payload"`
}

// describe shows a mapped account as indented JSON.
func describe(m mapped) string {
	a := m.account
	s := shown{
		ExternalID: a.ExternalID, Parent: a.Parent, KeepParent: m.record.KeepParent, Name: a.Name, Status: a.Status,
		KeepStatus: m.record.KeepStatus, Lower: m.record.Lower, Oversize: m.record.Oversize, Kind: a.Kind, Reference: a.Reference,
		Email: a.Email, Phone: a.Phone, Website: a.Website, Domain: a.Domain, Organization: a.Organization,
		ContactName: a.ContactName, Street: a.Street, City: a.City, Region: a.Region, PostalCode: a.PostalCode,
		Country: a.Country, Timezone: a.Timezone, Language: a.Language, Currency: a.Currency, Payload: m.canonical,
		ProviderCreatedAt: a.CreatedAt, ProviderUpdatedAt: a.UpdatedAt,
	}
	for _, w := range m.warnings {
		s.Warnings = append(s.Warnings, w.String())
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(s); err != nil {
		return fmt.Sprintf("%+v", s)
	}
	return string(bytes.TrimSpace(out.Bytes()))
}
