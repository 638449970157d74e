package audian

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

// envelopeBytes is what an answer may hold beside its account.
const envelopeBytes = 64 << 10

// success is the status of an answer that is no error.
const success = "success"

var errOtherAccount = errors.New("the answer does not hold the account that was asked for")

// get asks for one account. The object that it returns carries that id.
func (s *source) get(ctx context.Context, id string) ([]byte, error) {
	var object []byte
	err := s.client.Get(ctx, ref(id, ""), nil, func(r *http.Response) error {
		body, err := fetch.ReadObject(r.Body, sources.MaxRecord+envelopeBytes)
		if err != nil {
			return err
		}
		echoed, _ := fetch.Member(body, "auth_token")
		s.token.learn(echoed)
		if err := fetch.CheckAnswer(body, success); err != nil {
			return err
		}
		object, _ = fetch.Member(body, "data")
		if fetch.ID(object, "id") != id {
			return errOtherAccount
		}
		return nil
	})
	return object, err
}

// Lookup implements [sources.Source]. The object lacks the ancestors, which stand in the lists alone: it is laid
// over the one that the directory has, whose parent stays.
func (s *source) Lookup(ctx context.Context, id string) (sources.Record, error) {
	switch id {
	case "", ".", "..":
		return sources.Record{}, fmt.Errorf("%q is no account's id", id)
	}
	if err := s.token.ready(ctx); err != nil {
		return sources.Record{}, err
	}
	raw, err := s.get(ctx, id)
	if fetch.IsGone(err) {
		return sources.Record{}, sources.ErrGone
	}
	if err != nil {
		return sources.Record{}, err
	}
	below := id != s.account // the credential's own account is a root
	return sources.Record{
		ID:         id,
		Raw:        raw,
		Oversize:   len(raw) > sources.MaxRecord,
		KeepParent: below,
		Lower:      below,
	}, nil
}
