package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
	"rollcall/sources"
)

// A fixture is one source over one scripted server.
type fixture struct {
	Harness
	t      *testing.T
	server *Server
	source sources.Source
	log    *bytes.Buffer // read once nothing runs any more
	errs   []error

	mu      sync.Mutex
	arrived map[string]bool // ids of what the source reported
}

// bubble runs body on a fresh fixture with fake time, then checks that nothing
// was left behind: no goroutine, no open body, no secret, no stray request.
func (h Harness) bubble(t *testing.T, name string, body func(*fixture)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		files := []string{h.path("list.txt")}
		if !h.NoLookup {
			files = append(files, h.path("lookup.txt"))
		}
		script, err := readScript(files...)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			f := &fixture{Harness: h, t: t, server: NewServer(script), log: new(bytes.Buffer), arrived: map[string]bool{}}
			c := Connection(f.server)
			c.Logger = slog.New(slog.NewJSONHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c.Arrived = func(_, id string) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.arrived[id] = true
			}
			if f.source, err = h.Open(c); err != nil {
				t.Fatalf("open: %v", err)
			}
			body(f)
			f.source.Close()
			synctest.Wait() // what a request left behind has ended, or never will
			f.clean()
		})
	})
}

// clean checks what holds after every use of a source.
func (f *fixture) clean() {
	f.t.Helper()
	f.server.mu.Lock()
	defer f.server.mu.Unlock()
	if f.server.open != 0 {
		f.t.Errorf("%d bodies were never closed", f.server.open)
	}
	for _, host := range f.server.foreign {
		f.t.Errorf("a request was sent to %s", host)
	}
	for _, r := range f.server.requests {
		if !strings.HasPrefix(r, "GET ") && !slices.Contains(f.Allowed, r) {
			f.t.Errorf("%s: only GET is allowed", r)
		}
		f.hides("a URL", r)
	}
	f.hides("the log", f.log.String())
	for _, err := range f.errs {
		f.hides("an error", err.Error())
		f.hides("an error", fmt.Sprintf("%+v %#v", err, err))
	}
}

// hides checks that text holds no secret.
func (f *fixture) hides(what, text string) {
	f.t.Helper()
	for _, secret := range f.Secrets {
		if strings.Contains(text, secret) {
			f.t.Errorf("%s holds the secret %q:\n%s", what, secret, text)
		}
	}
}

// A listing is what List yielded, copied.
type listing struct {
	pages []sources.Page
	errs  []error
}

// list reads a listing to its end.
func (f *fixture) list(ctx context.Context, cursor string) listing {
	f.t.Helper()
	var l listing
	broken := false
	for page, err := range f.source.List(ctx, sources.Window{}, cursor) {
		if broken {
			f.t.Error("the listing continued after the error that broke it off")
		}
		if err != nil {
			f.errs = append(f.errs, err)
			l.errs = append(l.errs, err)
			var part *sources.PartError
			broken = !errors.As(err, &part)
		}
		page.Records = slices.Clone(page.Records)
		for i := range page.Records {
			page.Records[i].Raw = bytes.Clone(page.Records[i].Raw)
		}
		l.pages = append(l.pages, page)
	}
	return l
}

// whole reads a listing that must go well.
func (f *fixture) whole() listing {
	f.t.Helper()
	l := f.list(f.t.Context(), "")
	if err := errors.Join(l.errs...); err != nil {
		f.t.Fatalf("the listing failed: %v", err)
	}
	return l
}

func (l listing) records() []sources.Record {
	var all []sources.Record
	for _, p := range l.pages {
		all = append(all, p.Records...)
	}
	return all
}

func (l listing) ids() []string {
	var all []string
	for _, r := range l.records() {
		all = append(all, r.ID)
	}
	return all
}

// A mapped account is what the engine makes of a record.
type mapped struct {
	record    sources.Record
	canonical []byte
	account   model.Account
	warnings  []model.Warning
}

// mapRecord maps a record as the engine does.
func mapRecord(source sources.Source, c *canon.Canonicalizer, r sources.Record) (mapped, error) {
	canonical, err := c.Append(nil, r.Raw)
	if err != nil {
		return mapped{}, err
	}
	m := mapped{record: r, canonical: canonical}
	m.account = source.Map(payload.Read(canonical, &m.warnings))
	m.account.ExternalID = r.ID
	if r.Parent != "" {
		m.account.Parent = r.Parent
	}
	if r.Status != "" {
		m.account.Status = r.Status
	}
	return m, nil
}

// Listed reads a listing to its end and returns its accounts, mapped as the
// engine does, in their order, and its errors.
func Listed(ctx context.Context, source sources.Source, w sources.Window) ([]model.Account, error) {
	c := canon.New(source.Metadata().Rules)
	var accounts []model.Account
	var errs []error
	for page, err := range source.List(ctx, w, "") {
		if err != nil {
			errs = append(errs, err)
		}
		for _, r := range page.Records {
			m, err := mapRecord(source, c, r)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			accounts = append(accounts, m.account)
		}
	}
	return accounts, errors.Join(errs...)
}
