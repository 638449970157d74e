// Package agendize reads the accounts of an Agendize reseller.
//
// Facts below are from the Agendize API reference, version 2.0, reseller
// accounts, as of 2026-10. The list is one body: no pages are documented, so
// nothing can be continued from within and there are no cursors.
package agendize

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
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

type source struct {
	client   *fetch.Client
	metadata sources.Metadata
	zone     *time.Location // for codes that cannot be resolved
}

// New opens a connection to Agendize.
func New(c sources.Connection, cfg Config) (sources.Source, error) {
	return open(c.Fetch(cfg.BaseURL.URL), cfg), nil
}

func open(o fetch.Options, cfg Config) *source {
	key, token := cfg.APIKey.Reveal(), cfg.Token.Reveal()
	// As headers, which the API takes as well as query parameters: a URL ends up
	// in logs.
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
	}
}

func (s *source) Metadata() sources.Metadata { return s.metadata }

func (s *source) Close() { s.client.Close() }

// Lookup asks for one account by its id. The provider takes a resellerId or a
// userName in its place: an account of another id says nothing about this one.
func (s *source) Lookup(ctx context.Context, id string) (sources.Record, error) {
	if id == "" || id == "." || id == ".." {
		return sources.Record{}, fmt.Errorf("an account with the id %q cannot be asked for: in a path it means something else", id)
	}
	var raw []byte
	err := s.client.Get(ctx, path+"/"+fetch.PathSegment(id), nil, func(res *http.Response) (err error) {
		raw, err = fetch.ReadObject(res.Body, sources.MaxRecord)
		return err
	})
	if fetch.IsGone(err) {
		return sources.Record{}, fmt.Errorf("%w: %w", sources.ErrGone, err)
	}
	if err != nil {
		return sources.Record{}, err
	}
	if fetch.ID(raw, "id") != id {
		return sources.Record{}, errors.New("the answer is not the account that was asked for: its id differs (the provider also finds accounts by resellerId and userName)")
	}
	return sources.Record{ID: id, Raw: raw}, nil
}

// errorCode finds the code in {"error":{"code":403}} and in
// {"fields":…,"message":…,"statusCode":"403"}. Both are unverified.
func errorCode(body []byte) string {
	inner, _ := fetch.Member(body, "error")
	return cmp.Or(fetch.ID(inner, "code"), fetch.ID(body, "statusCode"))
}
