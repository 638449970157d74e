package audian

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	rootID = "root"
	apiKey = "key-s3cr3t-0123456789"
)

// world makes accounts below rootID, three levels deep.
func world(n int) *simulate.World {
	w := simulate.NewWorld(simulate.Account{
		ID: rootID, Parent: "above", Name: "Root", Status: simulate.Active, Domain: "root.example", TimeZone: "UTC",
		Created: time.Date(2024, 1, 15, 10, 30, 0, 0, time.UTC),
	})
	for i := range n {
		parent := rootID
		if i%3 > 0 {
			parent = fmt.Sprintf("a%04d", i-i%3+i%3-1)
		}
		w.Put(simulate.Account{
			ID: fmt.Sprintf("a%04d", i), Parent: parent, Name: fmt.Sprintf("Account %04d", i), Status: simulate.Active,
			Domain: fmt.Sprintf("a%d.example", i), TimeZone: "Europe/Berlin", Tags: []string{"z", "a"},
			Created: time.Date(2024, 1, 15, 10, 30, i%60, 0, time.UTC),
		})
	}
	return w
}

// kazoo serves accounts over HTTP and opens a source towards them.
func kazoo(t *testing.T, k *simulate.Kazoo, change func(*Config)) (sources.Source, *simulate.Server) {
	t.Helper()
	k.Root, k.APIKey = rootID, apiKey
	server := simulate.Run(t, k)
	base, err := url.Parse(server.URL + "/v2")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{BaseURL: sources.BaseURL{URL: base}, AccountID: rootID, APIKey: apiKey, PageSize: 7}
	if change != nil {
		change(&cfg)
	}
	s, err := New(sources.Connection{Name: "kazoo", Settings: sources.Settings{Concurrency: 4}}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, server
}

// A result is a listing read to its end.
type result struct {
	records []sources.Record
	cursors []string // one per page
	ends    []int    // one per page: the records up to its end
	parts   []error
	err     error
}

func read(ctx context.Context, s sources.Source, cursor string) (r result) {
	for page, err := range s.List(ctx, sources.Window{}, cursor) {
		var part *sources.PartError
		switch {
		case errors.As(err, &part):
			r.parts = append(r.parts, err)
		case err != nil:
			r.err = err
		default:
			r.records = append(r.records, page.Records...)
			r.cursors = append(r.cursors, page.Cursor)
			r.ends = append(r.ends, len(r.records))
		}
	}
	return r
}

// well fails the test where the listing was not whole.
func (r result) well(t *testing.T) result {
	t.Helper()
	if err := errors.Join(append(r.parts, r.err)...); err != nil {
		t.Fatal(err)
	}
	return r
}

// accounts maps records as the engine does, the last of an id winning.
func accounts(t *testing.T, s sources.Source, records []sources.Record) map[string]model.Account {
	t.Helper()
	c := canon.New(s.Metadata().Rules)
	all := make(map[string]model.Account, len(records))
	for _, r := range records {
		canonical, err := c.Append(nil, r.Raw)
		if err != nil {
			t.Fatalf("%s: %v", r.ID, err)
		}
		var warnings []model.Warning
		a := s.Map(payload.Read(canonical, &warnings))
		if len(warnings) > 0 {
			t.Errorf("%s: %v", r.ID, warnings)
		}
		a.ExternalID, a.Payload, a.Parent = r.ID, canonical, r.Parent
		all[r.ID] = a
	}
	return all
}

// parents are the ids of accounts with those of their parents.
func parents(all map[string]model.Account) map[string]string {
	tree := make(map[string]string, len(all))
	for id, a := range all {
		tree[id] = a.Parent
	}
	return tree
}

func visible(all []simulate.Account) map[string]string {
	tree := make(map[string]string, len(all))
	for _, a := range all {
		tree[a.ID] = a.Parent
	}
	return tree
}
