// Package backstack lists the accounts that a set of Backstack sessions stands for, and the networks of
// child accounts below them.
//
// Facts below are from Backstack's account reference, as of 2026-10. One session answers one account and
// there is no list of all, so a connection holds many sessions. Parents stand in the networks only, which
// name direct children.
package backstack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// Config is what a Backstack connection reads from its environment.
type Config struct {
	BaseURL  sources.BaseURL `env:"BASE_URL, default=https://api.backstack.com/v1/auth"`
	AppKey   sources.Secret  `env:"APP_KEY, required"`
	Sessions Sessions        `env:"SESSIONS, required"`
}

// secrets are the members that are dropped besides those that are secret at any provider.
var secrets = []string{"app_key", "session", "jwt", "password", "BackstackJWT"}

type source struct {
	client   *fetch.Client
	sessions Sessions
	ahead    int // requests that are prepared at once
	metadata sources.Metadata
}

// New opens a connection.
func New(c sources.Connection, cfg Config) (sources.Source, error) {
	if len(cfg.Sessions) == 0 {
		return nil, errNoSessions
	}
	options := c.Fetch(cfg.BaseURL) // advise names the credentials
	if options.Concurrency < 1 {
		options.Concurrency = fetch.DefaultConcurrency
	}
	options.ErrorCode = errorCode
	options.Secrets.Add(cfg.AppKey.Reveal())
	for _, session := range cfg.Sessions {
		options.Secrets.Add(session.Reveal())
	}
	options.Authorize = func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+cfg.AppKey.Reveal())
		return nil
	}
	return &source{
		client:   fetch.New(options),
		sessions: cfg.Sessions,
		// Twice of what the client sends at once: a late answer then delays no other.
		ahead: 2 * options.Concurrency,
		metadata: sources.Metadata{
			Mapping: mapping,
			Rules:   canon.NewRules(secrets, nil, nil).WithSecrets(options.Secrets),
			// Not the sessions, which end and are renewed one by one, and each of which
			// names its own account.
			Identity: options.Base.Host + "/" + cfg.AppKey.Tag(),
			// Of a network's member: an answer of a session without an id is not a record.
			IDMember:           "account_id",
			ParentInEnvelope:   true,
			StatusInEnvelope:   true,
			MissingBecomesRoot: true,
		},
	}, nil
}

// Metadata implements [sources.Source].
func (s *source) Metadata() sources.Metadata { return s.metadata }

// Close implements [sources.Source].
func (s *source) Close() { s.client.Close() }

// Lookup implements [sources.Source]: only an account's own session reads it.
func (s *source) Lookup(context.Context, string) (sources.Record, error) {
	return sources.Record{}, sources.ErrNoLookup
}

// errorCode reads {"error":{"type","code","message","fields"}}.
var errorCode = fetch.ErrorCodes("error.code", "error.type")

// Probe reads the account of every session: each of them is a credential.
func (s *source) Probe(ctx context.Context) error {
	refused := 0
	var last error
	for a, err := range s.accounts(ctx) {
		if err != nil {
			return err
		}
		if a.err != nil {
			refused++
			last = &sources.PartError{Part: fmt.Sprintf("session %d", a.session+1), Err: s.advise(a.err)}
		}
	}
	if refused > 1 {
		return fmt.Errorf("%d of %d sessions could not be read, the last of them: %w", refused, len(s.sessions), last)
	}
	return last
}

// cookie carries the session.
const cookie = "BackstackJWT"

// Sessions are the tokens of the sessions of one connection, in the order of the configuration.
type Sessions []sources.Secret

var errNoSessions = errors.New("SESSIONS must hold at least one session token")

// EnvDecode reads sessions that are separated by commas or stand one per line. Its errors name a session by
// its number, never by its value.
func (s *Sessions) EnvDecode(text string) error {
	var list Sessions
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		// A session is often copied together with the cookie's name.
		token := strings.TrimPrefix(strings.TrimSpace(part), cookie+"=")
		if token == "" {
			continue
		}
		if !plain(token) {
			return fmt.Errorf("session %d holds a character that no session token has: copy it again", len(list)+1)
		}
		list = append(list, sources.Secret(token))
	}
	if len(list) == 0 {
		return errNoSessions
	}
	*s = list
	return nil
}

// plain reports whether a token can stand in a cookie (RFC 6265, cookie-octet).
func plain(token string) bool {
	for _, b := range []byte(token) {
		if b <= ' ' || b >= 0x7f || strings.IndexByte(`",;\`, b) >= 0 {
			return false
		}
	}
	return true
}

// header returns the header that makes a request one of session i.
func (s Sessions) header(i int) http.Header {
	return http.Header{"Cookie": {cookie + "=" + s[i].Reveal()}}
}
