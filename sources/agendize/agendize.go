// Package agendize reads the accounts of an Agendize reseller.
//
// Facts below are from the Agendize API reference, version 2.0, reseller
// accounts, as of 2026-10. The list is one body: no pages are documented, so
// nothing can be continued from within and there are no cursors.
package agendize

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"rollcall/model/canon"
	"rollcall/model/normalize"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// path of the accounts list, below the base URL.
const path = "api/2.0/resellers/accounts"

// Config is a connection to Agendize.
type Config struct {
	BaseURL  sources.BaseURL `env:"BASE_URL, default=https://api.agendize.com"`
	APIKey   sources.Secret  `env:"API_KEY, required"`
	Token    sources.Secret  `env:"TOKEN, required"`
	Timezone Timezone        `env:"TIMEZONE, default=UTC"`
}

// A Timezone is an IANA zone. It stands for the zone codes of accounts that
// cannot be resolved.
type Timezone struct{ *time.Location }

// EnvDecode reads a Timezone.
func (z *Timezone) EnvDecode(text string) error {
	location, ok := normalize.Zone(text)
	if !ok {
		return errors.New("must be an IANA zone such as Europe/Paris")
	}
	z.Location = location
	return nil
}

// errorCode reads the code of {"error":{"code":403}} and of {"statusCode":"403"}. Both are unverified.
var errorCode = fetch.ErrorCodes("error.code", "statusCode")

type source struct {
	client   *fetch.Client
	metadata sources.Metadata
	zone     *time.Location // for codes that cannot be resolved
}

// New opens a connection to Agendize.
func New(c sources.Connection, cfg Config) (sources.Source, error) {
	key, token := cfg.APIKey.Reveal(), cfg.Token.Reveal()
	o := c.Fetch(cfg.BaseURL, "API_KEY", "TOKEN")
	// Headers, which the API reads as well as query parameters: a URL is logged.
	o.Authorize = func(r *http.Request) error {
		r.Header.Set("apiKey", key)
		r.Header.Set("token", token)
		return nil
	}
	o.ErrorCode = errorCode
	o.Secrets.Add(key, token)
	zone := cfg.Timezone.Location
	if zone == nil {
		zone = time.UTC
	}
	secrets := []string{"ssoToken", "password", "basicAuth", "oauth2Auth", "httpRequestHeader"}
	return &source{
		client: fetch.New(o),
		zone:   zone,
		metadata: sources.Metadata{
			Mapping:  mapping,
			Rules:    canon.NewRules(secrets, []string{"credit"}, []string{"tools", "tags"}).WithSecrets(o.Secrets),
			IDMember: "id",
			// The key stands for its reseller, of whom the API gives no id; the token
			// changes while the reseller stays.
			Identity: strings.ToLower(o.Base.Host) + "/" + cfg.APIKey.Tag(),
		},
	}, nil
}

func (s *source) Metadata() sources.Metadata { return s.metadata }

func (s *source) Close() { s.client.Close() }

// Lookup reads one account by its id. The provider also finds accounts by their
// resellerId and userName: an account of another id says nothing about this one.
func (s *source) Lookup(ctx context.Context, id string) (sources.Record, error) {
	return sources.LookUp(ctx, s.client, path+"/"+fetch.PathSegment(id), "id", id)
}

// Probe reads the accounts created from now on: the list, with nothing in it.
func (s *source) Probe(ctx context.Context) error {
	for _, err := range sources.Listing(func(p *sources.Pages) error {
		_, _, err := s.read(ctx, filter(sources.Window{Since: time.Now()}), &fetch.Tally{}, p)
		return err
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}

// List reads the whole list, or the accounts of a window and some around it.
func (s *source) List(ctx context.Context, w sources.Window, _ string) iter.Seq2[sources.Page, error] {
	return sources.Listing(func(p *sources.Pages) error {
		found, err := s.readAll(ctx, filter(w), p)
		if err == nil && found == 0 && !w.Whole() {
			// Nothing was created then, or the reference means what it says about
			// the bounds (see filter): read the whole list, which the engine filters.
			_, err = s.readAll(ctx, url.Values{}, p)
		}
		return err
	})
}

// Bounds where a window is open.
var (
	earliest = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// filter returns the query for the accounts created within w. Both bounds are
// exclusive to the second, so they are a second outside of it.
//
// The reference calls createdStartDate the upper and createdEndDate the lower
// bound, against their names. It seems to have swapped the words, so the names
// count here. Both bounds are always sent: should the words be right after all,
// no account is between them and the answer is empty, never a wrong selection.
func filter(w sources.Window) url.Values {
	q := url.Values{}
	if w.Whole() {
		return q
	}
	since, until := earliest, latest
	if !w.Since.IsZero() {
		since = w.Since.Add(-time.Second)
	}
	if !w.Until.IsZero() {
		until = w.Until.Add(time.Second)
	}
	q.Set("createdStartDate", since.UTC().Format(time.RFC3339))
	q.Set("createdEndDate", until.UTC().Format(time.RFC3339))
	return q
}

// readAll reads the list and returns how many accounts it held. Whether it holds
// the disabled ones is not documented: where none is among them, readAll also
// reads the list of the disabled. Otherwise they would look like deleted.
//
// No pages are documented either, so a list that says that there is more is not
// complete. A total may count the disabled accounts in both lists.
func (s *source) readAll(ctx context.Context, q url.Values, p *sources.Pages) (int, error) {
	var tally fetch.Tally
	page, disabled, err := s.read(ctx, q, &tally, p)
	if err != nil {
		return 0, err
	}
	tally.Turn(&page)
	if !disabled {
		q.Set("status", "disabled")
		more, _, err := s.read(ctx, q, &tally, p)
		if err == nil {
			err = tally.Complete(more)
		}
		if err != nil {
			return 0, err
		}
		page.Elements += more.Elements
	}
	return page.Elements, tally.Complete(page)
}

// itemsList says where the list stands in an answer.
var itemsList = fetch.ListOptions{Lists: [][]string{{"items"}}}

// read hands the accounts of one list on as they are read, and reports whether a disabled one is among them.
func (s *source) read(ctx context.Context, q url.Values, tally *fetch.Tally, p *sources.Pages) (page fetch.Page, disabled bool, err error) {
	ref := path
	if len(q) > 0 {
		ref += "?" + q.Encode()
	}
	err = s.client.Get(ctx, ref, nil, func(res *http.Response) (err error) {
		p.Reset()
		disabled = false // a try that failed begins again
		page, err = fetch.ReadPage(res, itemsList, func(e fetch.Element) error {
			id := fetch.ID(e.Raw, "id")
			tally.Add(id)
			s.client.Arrived("account", id)
			disabled = disabled || isDisabled(e.Raw)
			return p.Add(sources.Record{ID: id, Raw: e.Raw, Oversize: e.Oversize}, "")
		})
		return err
	})
	if err == nil {
		err = p.Flush()
	}
	return page, disabled, err
}

// isDisabled reads the status as Map does.
func isDisabled(raw []byte) bool {
	return strings.EqualFold(strings.TrimSpace(fetch.ID(raw, "status")), "disabled")
}
