package audian

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

// tokenBytes is the longest answer to a request for a token.
const tokenBytes = 64 << 10

// A token is the X-Auth-Token of a connection: given, or got with an API key. A token lives about an hour and
// cannot be renewed, and several can be valid at once.
type token struct {
	client  *fetch.Client
	apiKey  sources.Secret
	hint    string // about the base URL
	secrets fetch.Secrets
	text    atomic.Pointer[string]
	turn    chan struct{} // held by the one that gets a token
}

func newToken(apiKey, given sources.Secret, secrets fetch.Secrets) *token {
	t := &token{apiKey: apiKey, secrets: secrets, turn: make(chan struct{}, 1)}
	text := given.Reveal()
	t.text.Store(&text)
	return t
}

// learn makes the token in an answer's envelope known as a secret: every answer echoes one, which need not be
// the one that was sent.
func (t *token) learn(member []byte) {
	var echoed string
	if json.Unmarshal(member, &echoed) == nil && echoed != "" {
		t.secrets.Learn(echoed)
	}
}

// ready makes sure that there is a token, before the first request.
func (t *token) ready(ctx context.Context) error {
	if *t.text.Load() != "" {
		return nil
	}
	return t.replace(ctx, "")
}

func (t *token) authorize(r *http.Request) error {
	r.Header.Set("X-Auth-Token", *t.text.Load())
	return nil
}

// renew gets another token where it can: one that was given cannot be replaced.
func (t *token) renew(ctx context.Context, rejected *http.Request) (bool, error) {
	if t.apiKey == "" {
		return false, nil
	}
	err := t.replace(ctx, rejected.Header.Get("X-Auth-Token"))
	return err == nil, err
}

// replace gets a token in place of stale, unless another request has done so meanwhile.
func (t *token) replace(ctx context.Context, stale string) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-t.turn }()
	if *t.text.Load() != stale {
		return nil
	}
	fresh, err := t.get(ctx)
	if err != nil {
		return err
	}
	t.text.Store(&fresh)
	return nil
}

// get gets a token: PUT api_auth, answered with 201.
func (t *token) get(ctx context.Context) (string, error) {
	body, err := json.Marshal(map[string]map[string]string{"data": {"api_key": t.apiKey.Reveal()}})
	if err != nil {
		return "", err
	}
	fresh := ""
	err = t.client.Do(ctx, fetch.Request{
		Method: http.MethodPut,
		Ref:    "api_auth",
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   body,
		Bare:   true,
	}, func(r *http.Response) error {
		answer, err := fetch.ReadObject(r.Body, tokenBytes)
		if err != nil {
			return err
		}
		member, _ := fetch.Member(answer, "auth_token")
		if json.Unmarshal(member, &fresh) != nil || fresh == "" {
			return &tokenError{text: "PUT api_auth: the answer has no token: check " + t.client.Variable("BASE_URL")}
		}
		t.learn(member)
		return nil
	})
	switch {
	case err == nil:
		return fresh, nil
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	}
	return "", t.badKey(err)
}

// A tokenError is a token that could not be got: without one nothing can be read.
type tokenError struct {
	text  string
	cause error
}

func (e *tokenError) Error() string { return e.text }

// Unwrap returns the cause, which says nothing about any account.
func (e *tokenError) Unwrap() error { return e.cause }

// badKey explains why there is no token. A wrong key is answered with 404 and with the key itself: of that
// answer neither is passed on: the caller of Lookup would take the 404 for the absence of its account.
func (t *token) badKey(err error) error {
	apiKey := t.client.Variable("API_KEY")
	switch status := fetch.Status(err); status {
	case http.StatusNotFound, http.StatusGone:
		return &tokenError{text: fmt.Sprintf("PUT api_auth: %d: the provider does not know this API key: check %s, and the path in %s%s",
			status, apiKey, t.client.Variable("BASE_URL"), t.hint)}
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return &tokenError{text: fmt.Sprintf("the provider refused the API key: check %s: %v", apiKey, err), cause: err}
	default:
		return &tokenError{text: fmt.Sprintf("no token could be got with %s: %v", apiKey, err), cause: err}
	}
}
