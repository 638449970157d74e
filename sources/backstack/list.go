package backstack

import (
	"context"
	"iter"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
)

// A listing is one run through the sessions. What it holds grows with the sessions, which the configuration
// holds anyway, and not with the accounts in their networks.
type listing struct {
	*sources.Pages
	source *source

	own  []account      // one an account, in the order of the sessions
	byID map[string]int // into own

	sessionFailed, networkFailed bool
}

// List implements [sources.Source]: the accounts of the sessions first, which are kept, then the networks, whose
// members without a session go out as they come, and in the end the kept accounts, whose parents are known then.
// It cannot be continued: the parents come from all of the networks.
func (s *source) List(ctx context.Context, _ sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return sources.Listing(func(p *sources.Pages) error {
		l := &listing{Pages: p, source: s, byID: map[string]int{}}
		return l.run(ctx)
	})
}

func (l *listing) run(ctx context.Context) error {
	if err := l.readAccounts(ctx); err != nil {
		return err
	}
	if err := l.readNetworks(ctx); err != nil {
		return err
	}
	for i := range l.own {
		if err := l.Add(l.record(&l.own[i]), ""); err != nil {
			return err
		}
	}
	return nil
}

// record returns the record of an account that its own session answered. Its members win over those that a network
// has of it; those are kept as well, so that the object is the same whether or not the session answers next time.
func (l *listing) record(a *account) sources.Record {
	r := sources.Record{ID: a.id, Raw: a.raw, Parent: a.parent, Status: model.Active}
	if a.member != nil {
		r.Raw = canon.Overlay(a.member, a.raw)
	}
	r.Oversize = len(r.Raw) > sources.MaxRecord
	if a.parent == "" && (l.sessionFailed || l.networkFailed) {
		// What could not be read may have named the parent: the directory keeps the one it has, and with
		// it what that network said about the account.
		r.KeepParent, r.Lower = true, true
	}
	return r
}
