package backstack

import (
	"context"
	"errors"
	"iter"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
)

// errStopped ends a listing whose consumer wants no more of it.
var errStopped = errors.New("the consumer stopped")

// A listing is one run through the sessions. What it holds grows with the sessions, which the configuration
// holds anyway, and not with the accounts in their networks.
type listing struct {
	source *source
	yield  func(sources.Page, error) bool
	batch  sources.Batch

	own  []account      // one an account, in the order of the sessions
	byID map[string]int // into own

	sessionFailed, networkFailed bool
}

// List implements [sources.Source]: the accounts of the sessions first, which are kept, then the networks, whose
// members without a session go out as they come, and in the end the kept accounts, whose parents are known then.
// It cannot be continued: the parents come from all of the networks.
func (s *source) List(ctx context.Context, _ sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		l := &listing{source: s, yield: yield, byID: map[string]int{}}
		if err := l.run(ctx); err != nil && !errors.Is(err, errStopped) {
			yield(sources.Page{}, err)
		}
	}
}

func (l *listing) run(ctx context.Context) error {
	if err := l.readAccounts(ctx); err != nil {
		return err
	}
	if err := l.readNetworks(ctx); err != nil {
		return err
	}
	for i := range l.own {
		if err := l.add(l.record(&l.own[i])); err != nil {
			return err
		}
	}
	return l.flush()
}

// record returns the record of an account that its own session answered. Its members win over those that a network
// has of it; those stay beside them, so that the object is the same whether or not the session answers next time.
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

func (l *listing) add(r sources.Record) error {
	if l.batch.Add(r) {
		return l.flush()
	}
	return nil
}

func (l *listing) flush() error {
	if l.batch.Len() > 0 && !l.yield(l.batch.Take(""), nil) {
		return errStopped
	}
	return nil
}

func (l *listing) part(e *sources.PartError) error {
	if !l.yield(sources.Page{}, e) {
		return errStopped
	}
	return nil
}
