package pipeline

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/normalize"
	"rollcall/model/payload"
	"rollcall/sources"
)

// A fake is a provider without a network: tests say record by record what it
// lists, and its accounts are objects of their columns.
type fake struct {
	metadata sources.Metadata
	settings sources.Settings
	list     func(yield func(sources.Page, error) bool)
	from     func(w sources.Window, cursor string) iter.Seq2[sources.Page, error] // if set, instead of list
	lookup   func(id string) (sources.Record, error)
	mapped   func(a *model.Account) // changes what Map gives
}

// fake adds a connection to a fake provider.
func (r *rig) fake(name string) *fake {
	f := &fake{
		metadata: sources.Metadata{Mapping: 1, Identity: "fake/1", IDMember: "id", Rules: canon.NewRules([]string{"password"}, []string{"credit"}, nil)},
		settings: sources.Settings{Timeout: time.Minute, MaxDeletePercent: 100},
		lookup:   func(string) (sources.Record, error) { return sources.Record{}, sources.ErrGone },
	}
	r.fakes[name] = f
	return f
}

// fakeRig is a rig whose connection acme is to a fake provider.
func (r *rig) withFake() (*rig, *fake) { return r, r.fake(acme) }

func (f *fake) configured(name string) sources.Configured {
	return sources.Configured{Connection: sources.Connection{Name: name, Provider: "fake", Settings: f.settings}}
}

// lists makes the fake list pages.
func (f *fake) lists(pages ...[]sources.Record) {
	f.list = func(yield func(sources.Page, error) bool) {
		for _, records := range pages {
			if !yield(sources.Page{Records: slices.Clone(records)}, nil) { // the run clears a page
				return
			}
		}
	}
}

// listsPart makes the fake list pages, and another part of it fail.
func (f *fake) listsPart(pages ...[]sources.Record) {
	f.lists(pages...)
	whole := f.list
	f.list = func(yield func(sources.Page, error) bool) {
		if yield(sources.Page{}, &sources.PartError{Part: "a part", Err: errors.New("could not be read")}) {
			whole(yield)
		}
	}
}

func (f *fake) Metadata() sources.Metadata { return f.metadata }

func (f *fake) List(_ context.Context, w sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	if f.from != nil {
		return f.from(w, cursor)
	}
	return f.list
}

func (f *fake) Lookup(_ context.Context, id string) (sources.Record, error) { return f.lookup(id) }

func (f *fake) Map(o payload.Object) model.Account {
	a := model.Account{
		Name:      o.Text("name"),
		Parent:    o.ID("parent"),
		Email:     o.Email("email"),
		CreatedAt: o.Time("created", normalize.ParseUnix),
		Status:    o.Status("status", map[string]model.Status{"active": model.Active, "suspended": model.Suspended, "closed": model.Closed, "": model.Unknown}),
	}
	if f.mapped != nil {
		f.mapped(&a)
	}
	return a
}

func (f *fake) Close() {}

func pageOf(records ...sources.Record) []sources.Record { return records }
