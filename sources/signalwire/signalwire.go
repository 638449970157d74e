// Package signalwire reads the projects of SignalWire's compatibility API and
// the accounts of Twilio, which speak the same dialect.
//
// Facts below are from SignalWire's compatibility API reference and Twilio's
// Accounts reference, as of 2026-10: a list answers 50 accounts a page, at most
// 1,000, with a link to the next page that is null on the last one. Nothing
// filters by creation time, so a window lists everything.
package signalwire

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// Paths below the base URL. Twilio answers XML where .json is missing.
const (
	signalWireList    = "api/laml/2010-04-01/Accounts"
	signalWireAccount = "api/laml/2010-04-01/Accounts/"
	twilioList        = "2010-04-01/Accounts.json"
	twilioAccount     = "2010-04-01/Accounts/"
)

// maxPage is the largest page that the providers give; more is read as this.
const maxPage = 1000

// Config is a connection to SignalWire.
type Config struct {
	BaseURL   sources.BaseURL `env:"BASE_URL, required"` // https://example.signalwire.com
	ProjectID string          `env:"PROJECT_ID, required"`
	APIToken  sources.Secret  `env:"API_TOKEN, required"`
	PageSize  int             `env:"PAGE_SIZE, default=1000" range:"1..1000"`
}

// TwilioConfig is a connection to Twilio.
type TwilioConfig struct {
	BaseURL    sources.BaseURL `env:"BASE_URL, default=https://api.twilio.com"`
	AccountSID string          `env:"ACCOUNT_SID, required"`
	AuthToken  sources.Secret  `env:"AUTH_TOKEN, required"`
	PageSize   int             `env:"PAGE_SIZE, default=1000" range:"1..1000"`
}

// New opens a connection to SignalWire.
func New(c sources.Connection, cfg Config) (sources.Source, error) {
	return open(c.Fetch(cfg.BaseURL.URL), dialect{signalWireList, signalWireAccount, cfg.ProjectID, cfg.APIToken, cfg.PageSize}), nil
}

// NewTwilio opens a connection to Twilio.
func NewTwilio(c sources.Connection, cfg TwilioConfig) (sources.Source, error) {
	return open(c.Fetch(cfg.BaseURL.URL), dialect{twilioList, twilioAccount, cfg.AccountSID, cfg.AuthToken, cfg.PageSize}), nil
}

// A dialect is what differs between the two providers, and between connections.
type dialect struct {
	list    string // path of the list
	account string // path of one account, before its sid
	user    string // of HTTP Basic: the provider account that is read
	token   sources.Secret
	size    int
}

type source struct {
	dialect
	client   *fetch.Client
	metadata sources.Metadata
}

func open(o fetch.Options, d dialect) *source {
	token := d.token.Reveal()
	o.Authorize = func(r *http.Request) error {
		r.SetBasicAuth(d.user, token)
		return nil
	}
	o.ErrorCode = errorCode
	// The header's own form counts as the token: a proxy's error page may echo it.
	o.Secrets.Add(token, d.user+":"+token)
	return &source{
		dialect: d,
		client:  fetch.New(o),
		metadata: sources.Metadata{
			Mapping:  mapping,
			Rules:    canon.NewRules([]string{"auth_token", "signing_key", "webhook_secret"}, nil, nil).WithSecrets(o.Secrets),
			IDMember: "sid",
			Identity: strings.ToLower(o.Base.Host) + "/" + d.user,
		},
	}
}

func (s *source) Metadata() sources.Metadata { return s.metadata }

func (s *source) Close() { s.client.Close() }

// List follows the links to the next page, which are the cursors. It reads
// everything, whatever the window: the providers do not filter by creation.
func (s *source) List(ctx context.Context, _ sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	return func(yield func(sources.Page, error) bool) {
		size := s.size
		ref := cursor
		if ref == "" {
			ref = s.first(size)
		}
		var links circle
		tally := fetch.Tally{Resumed: cursor != ""}
		for {
			next, err := s.readPage(ctx, ref, size, &tally, yield)
			if errors.Is(err, errStopped) {
				return
			}
			if err == nil && next != "" && links.closes(next) {
				if size == maxPage {
					err = errCircle
				} else {
					// The cursor may be one that many accounts share: pages that hold
					// more of them get past it. Accounts may be yielded again.
					size, links, tally = maxPage, circle{}, fetch.Tally{}
					next = s.first(size)
				}
			}
			if err != nil {
				yield(sources.Page{}, err)
				return
			}
			if next == "" {
				return
			}
			ref = next
		}
	}
}

// Lookup asks for one account by its sid.
func (s *source) Lookup(ctx context.Context, id string) (sources.Record, error) {
	if id == "" {
		return sources.Record{}, errors.New("an account without an id cannot be asked for")
	}
	var raw []byte
	err := s.client.Get(ctx, s.account+fetch.PathSegment(id)+".json", nil, func(res *http.Response) (err error) {
		raw, err = fetch.ReadObject(res.Body, sources.MaxRecord)
		return err
	})
	if fetch.IsGone(err) {
		return sources.Record{}, fmt.Errorf("%w: %w", sources.ErrGone, err)
	}
	if err != nil {
		return sources.Record{}, err
	}
	if fetch.ID(raw, "sid") != id {
		return sources.Record{}, errors.New("the answer is not the account that was asked for: its sid differs")
	}
	return sources.Record{ID: id, Raw: raw}, nil
}
