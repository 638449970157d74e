package backstack

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// A listing is one run through the sessions. What it holds grows with the sessions, which the configuration
// holds anyway, and not with the accounts in their networks.
type listing struct {
	*sources.Pages
	source *source

	own  []account      // one per account, in the order of the sessions
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

// envelopeBytes is what an answer may hold besides its object.
const envelopeBytes = 64 << 10

// An account is what a session answered.
type account struct {
	session int // its place in the configuration, from 0
	id      string
	raw     []byte

	// What a network said about it.
	parent string
	member []byte
}

// account reads the account of session i.
func (s *source) account(ctx context.Context, i int) (account, error) {
	a := account{session: i}
	err := s.client.Get(ctx, "account", s.sessions.header(i), func(r *http.Response) error {
		body, err := fetch.ReadObject(r.Body, sources.MaxRecord+envelopeBytes)
		if err != nil {
			return err
		}
		a.raw, err = unwrap(body)
		return err
	})
	if err != nil {
		return a, err
	}
	if a.id = fetch.ID(a.raw, "id"); a.id == "" {
		return a, errors.New("the answer holds no account with an id")
	}
	return a, nil
}

// unwrap returns the account in an answer. Backstack's documents show it bare, as {"success":true,"payload":{…}}
// and as {"data":{…}}.
func unwrap(body []byte) ([]byte, error) {
	if _, bare := fetch.Member(body, "id"); bare {
		return body, fetch.CheckObject(body)
	}
	if err := fetch.CheckAnswer(body, ""); err != nil {
		return nil, err
	}
	for _, name := range []string{"payload", "data"} {
		if inner, ok := fetch.Member(body, name); ok && inner[0] == '{' {
			return inner, nil
		}
	}
	return body, nil
}

// An answer is what became of the request for a session's account.
type answer struct {
	account
	err error
}

// accounts reads the account of every session, in their order.
func (s *source) accounts(ctx context.Context) iter.Seq2[answer, error] {
	return sources.InOrder(ctx, s.ahead, sources.Count(len(s.sessions)), func(ctx context.Context, i int) (answer, error) {
		a, err := s.account(ctx, i)
		return answer{a, err}, nil
	})
}

// readAccounts reads the account of every session. An account of two sessions counts once, with the first.
func (l *listing) readAccounts(ctx context.Context) error {
	var failed []*sources.PartError
	for a, err := range l.source.accounts(ctx) {
		if err != nil {
			return err
		}
		l.source.client.Arrived("session", strconv.Itoa(a.session))
		if a.err != nil {
			failed = append(failed, &sources.PartError{Part: fmt.Sprintf("session %d", a.session+1), Err: l.source.advise(a.err)})
			continue
		}
		if _, known := l.byID[a.id]; !known {
			l.byID[a.id] = len(l.own)
			l.own = append(l.own, a.account)
		}
	}
	if len(l.own) == 0 {
		check := l.source.client.Variable("APP_KEY")
		if fetch.Code(failed[0].Err) != badAppKey {
			check += " and " + l.source.client.Variable("SESSIONS")
		}
		return fmt.Errorf("none of the %d sessions could be read, so check %s; the first of them: %w",
			len(l.source.sessions), check, failed[0].Err)
	}
	l.sessionFailed = len(failed) > 0
	for _, part := range failed {
		if err := l.Part(part.Part, part.Err); err != nil {
			return err
		}
	}
	return nil
}

// badAppKey is the code of an app key that the provider refuses for every session.
const badAppKey = "invalid_app_key"

// advise says what to do about a session that was refused.
func (s *source) advise(err error) error {
	switch {
	case fetch.Code(err) == badAppKey:
		return fmt.Errorf("the app key was refused: put the right key into %s: %w", s.client.Variable("APP_KEY"), err)
	case fetch.Status(err) == http.StatusUnauthorized:
		return fmt.Errorf("it has expired or was ended: put a fresh one into %s: %w", s.client.Variable("SESSIONS"), err)
	case fetch.Status(err) == http.StatusForbidden:
		return fmt.Errorf("it may not read this: check its rights, and %s: %w", s.client.Variable("SESSIONS"), err)
	}
	return err
}
