package backstack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const appKey = "app-s3cr3t-key"

// session is the token of an account's session.
func session(id string) string { return "jwt-s3cr3t-" + id }

// serve serves a world over HTTP and opens a source with a session of each of ids.
func serve(t *testing.T, b *simulate.Backstack, ids ...string) (sources.Source, *simulate.Server) {
	t.Helper()
	b.AppKey, b.Sessions = appKey, map[string]string{}
	var sessions []string
	for _, id := range ids {
		b.Sessions[session(id)] = id
		sessions = append(sessions, session(id))
	}
	server := simulate.Run(t, b)
	return connect(t, server.URL+"/v1/auth", sessions...), server
}

func connect(t *testing.T, base string, sessions ...string) sources.Source {
	t.Helper()
	cfg := Config{AppKey: appKey}
	if err := errors.Join(cfg.BaseURL.EnvDecode(base), cfg.Sessions.EnvDecode(strings.Join(sessions, ","))); err != nil {
		t.Fatal(err)
	}
	s, err := New(sources.Connection{Name: "backstack", Settings: sources.Settings{Concurrency: 4}}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// family is a parent p with n children c00…, the first of which has a child itself, and a stranger.
func family(n int) *simulate.World {
	w := simulate.NewWorld(
		simulate.Account{ID: "p", Name: "Parent", Kind: "pro", Country: "US", Website: "https://p.example"},
		simulate.Account{ID: "stranger", Name: "Stranger", Kind: "app", Country: "US"},
		simulate.Account{ID: "grandchild", Parent: "c00", Name: "Grandchild", Kind: "basic"},
	)
	for i := range n {
		w.Put(simulate.Account{ID: fmt.Sprintf("c%02d", i), Parent: "p", Name: fmt.Sprintf("Child %02d", i), Kind: "basic"})
	}
	return w
}

// A result is a listing read to its end; of an account the last record stays.
type result struct {
	records map[string]sources.Record
	parts   []string
	err     error
}

func read(ctx context.Context, s sources.Source) result {
	r := result{records: map[string]sources.Record{}}
	for page, err := range s.List(ctx, sources.Window{}, "") {
		var part *sources.PartError
		switch {
		case errors.As(err, &part):
			r.parts = append(r.parts, err.Error())
		case err != nil:
			r.err = err
		}
		for _, record := range page.Records {
			r.records[record.ID] = record
		}
	}
	return r
}

// well fails the test where the listing was not whole.
func (r result) well(t *testing.T) result {
	t.Helper()
	if r.err != nil || len(r.parts) > 0 {
		t.Fatalf("err = %v, parts %q", r.err, r.parts)
	}
	return r
}

// outline is what a record says besides its object.
type outline struct {
	Parent                        string
	Status                        model.Status
	KeepParent, KeepStatus, Lower bool
}

func (r result) outline() map[string]outline {
	all := make(map[string]outline, len(r.records))
	for id, record := range r.records {
		all[id] = outline{record.Parent, record.Status, record.KeepParent, record.KeepStatus, record.Lower}
	}
	return all
}

// canonical returns an object in canonical form.
func canonical(t *testing.T, s sources.Source, raw []byte) []byte {
	t.Helper()
	out, err := canon.New(s.Metadata().Rules).Append(nil, raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
