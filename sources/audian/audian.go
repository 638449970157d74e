// Package audian lists the accounts of Audian, and of Kazoo (the providers audian and kazoo), whose Crossbar
// API Audian's is.
//
// Facts below are from Audian's accounts page and from Kazoo's source (applications/crossbar), as of 2026-10.
// A list names ancestors but lacks most fields, which take one request an account: reading 20,000 accounts
// takes 20,041 requests at a page size of 500. The limit is 100 requests at once for a client address and
// account in the URL, refilled by 10 a second. Audian's pages name the key of the next one, or an offset and a total
// ("pagination"): both are followed.
package audian

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// Config is what an Audian connection reads from its environment.
type Config struct {
	BaseURL   sources.BaseURL `env:"BASE_URL, default=https://api.audian.com:8443/v2"`
	AccountID string          `env:"ACCOUNT_ID, required"`
	APIKey    sources.Secret  `env:"API_KEY" or:"AUTH_TOKEN"`
	AuthToken sources.Secret  `env:"AUTH_TOKEN"`
	PageSize  int             `env:"PAGE_SIZE, default=500" range:"1..1000"`
}

// KazooConfig is what a Kazoo connection reads from its environment: every Kazoo has its own host.
type KazooConfig struct {
	BaseURL   sources.BaseURL `env:"BASE_URL, required"`
	AccountID string          `env:"ACCOUNT_ID, required"`
	APIKey    sources.Secret  `env:"API_KEY" or:"AUTH_TOKEN"`
	AuthToken sources.Secret  `env:"AUTH_TOKEN"`
	PageSize  int             `env:"PAGE_SIZE, default=500" range:"1..1000"`
}

var (
	// secrets are the members that are dropped besides those that are secret at any provider, which every
	// pvt_ is.
	secrets = []string{"auth_token", "api_key", "credentials"}

	// volatile are the members that Kazoo works out at each request: how long a trial still lasts, in seconds
	// (cb_accounts, leak_trial_time_left), and how many accounts are below (listings). tree names all ancestors,
	// and what happens above an account is not a change of it; its parent is in the record.
	volatile = []string{"trial_time_left", "descendants_count", "tree"}

	// sets are the members whose order means nothing.
	sets = []string{"flags"}
)

type source struct {
	client   *fetch.Client
	token    *token
	account  string // the credential's own, the root of all that is listed
	pageSize int
	workers  int // that fetch details
	metadata sources.Metadata
}

// New opens a connection to Audian.
func New(c sources.Connection, cfg Config) (sources.Source, error) {
	switch {
	case cfg.APIKey == "" && cfg.AuthToken == "":
		return nil, errors.New("there is no credential: set API_KEY or AUTH_TOKEN")
	case cfg.APIKey != "" && cfg.AuthToken != "":
		return nil, errors.New("API_KEY and AUTH_TOKEN are both set: keep one of them; with API_KEY rollcall gets and renews tokens by itself")
	case cfg.PageSize < 1:
		return nil, errors.New("PAGE_SIZE must be at least 1")
	}
	credential := "API_KEY"
	if cfg.APIKey == "" {
		credential = "AUTH_TOKEN"
	}
	options := c.Fetch(cfg.BaseURL, credential)
	if options.Concurrency < 1 {
		options.Concurrency = fetch.DefaultConcurrency
	}
	options.Secrets.Add(cfg.APIKey.Reveal(), cfg.AuthToken.Reveal())
	token := newToken(cfg.APIKey, cfg.AuthToken, options.Secrets)
	if !version.MatchString(options.Base.Path) {
		options.NotFound = options.Prefix + "BASE_URL usually ends with /v2"
		token.hint = "; " + options.NotFound
	}
	options.Authorize, options.Renew = token.authorize, token.renew
	options.ErrorCode = func(body []byte) string {
		echoed, _ := fetch.Member(body, "auth_token")
		token.learn(echoed)
		return errorCode(body)
	}
	token.client = fetch.New(options)
	return &source{
		client:   token.client,
		token:    token,
		account:  cfg.AccountID,
		pageSize: cfg.PageSize,
		workers:  options.Concurrency,
		metadata: sources.Metadata{
			Mapping:  mapping,
			Rules:    canon.NewRules(secrets, volatile, sets).WithSecrets(options.Secrets),
			IDMember: "id",
			// The last of tree, but for the credential's own account.
			ParentInEnvelope: true,
			Identity:         options.Base.Host + "/" + cfg.AccountID,
		},
	}, nil
}

// version matches the path of a base URL that names the API's version.
var version = regexp.MustCompile(`/v\d+$`)

// NewKazoo opens a connection to a Kazoo.
func NewKazoo(c sources.Connection, cfg KazooConfig) (sources.Source, error) {
	return New(c, Config(cfg))
}

// Metadata implements [sources.Source].
func (s *source) Metadata() sources.Metadata { return s.metadata }

// Close implements [sources.Source].
func (s *source) Close() { s.client.Close() }

// errorCode reads {"data":{…},"error":"404","message":"bad_identifier","status":"error"}. A message can be a
// sentence, which is not a code, and data can echo a credential.
func errorCode(body []byte) string {
	if code := fetch.ID(body, "message"); code != "" && !strings.Contains(code, " ") {
		return code
	}
	return fetch.ID(body, "error")
}

// ref names an account at the provider, or with below one of its lists.
func ref(id, below string) string { return "accounts/" + fetch.PathSegment(id) + below }

// refused reports whether err is about the credential as a whole.
func refused(err error) bool {
	var failure *tokenError
	return errors.As(err, &failure) || fetch.Status(err) == http.StatusUnauthorized
}

// envelopeBytes is what an answer may hold besides its account.
const envelopeBytes = 64 << 10

// success is the status of an answer that is not an error.
const success = "success"

// get reads one account. The object that it returns carries that id. It stands in the answer's data, or is the answer.
func (s *source) get(ctx context.Context, id string) (object []byte, err error) {
	err = s.client.Get(ctx, ref(id, ""), nil, func(r *http.Response) error {
		body, err := fetch.ReadObject(r.Body, sources.MaxRecord+envelopeBytes)
		if err != nil {
			return err
		}
		echoed, _ := fetch.Member(body, "auth_token")
		s.token.learn(echoed)
		data, wrapped := fetch.Member(body, "data")
		if !wrapped && fetch.ID(body, "id") == id {
			object = body
			return fetch.CheckObject(body)
		}
		if err := fetch.CheckAnswer(body, success); err != nil {
			return err
		}
		switch object = data; {
		case !wrapped:
			return errors.New("the answer has no data: it holds no account")
		case fetch.ID(object, "id") != id:
			return errors.New("the answer holds another account: its id differs")
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
		return sources.Record{}, fmt.Errorf("%q is not the id of an account: in a path it means something else", id)
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

// Probe gets a token, and reads the credential's own account and a list of one account below it.
func (s *source) Probe(ctx context.Context) error {
	err := s.token.ready(ctx)
	if err == nil {
		_, err = s.get(ctx, s.account)
	}
	if err == nil {
		if _, err = s.page(ctx, ref(s.account, "/descendants"), position{}, 1); missing(err) {
			_, err = s.page(ctx, ref(s.account, "/accounts"), position{}, 1)
		}
	}
	if failure := (*tokenError)(nil); errors.As(err, &failure) {
		return fmt.Errorf("%w: %w", sources.ErrCredential, err)
	}
	return err
}
