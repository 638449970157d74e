// Package signalwire reads the projects of SignalWire's compatibility API and
// the accounts of Twilio, which speak the same dialect.
//
// Facts below are from SignalWire's compatibility API reference and Twilio's
// Accounts reference, as of 2026-10: a list answers 50 accounts a page, at most
// 1,000, with a link to the next page that is null on the last one. Nothing
// filters by creation time, so a window lists everything.
package signalwire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"strings"

	"rollcall/model/canon"
	"rollcall/sources"
	"rollcall/sources/fetch"
)

// maxPage is the largest page that the providers give.
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
	const accounts = "api/laml/2010-04-01/Accounts"
	s := source{list: accounts, account: accounts + "/", user: cfg.ProjectID, size: cfg.PageSize}
	return newSource(c.Fetch(cfg.BaseURL, "PROJECT_ID", "API_TOKEN"), s, cfg.APIToken), nil
}

// NewTwilio opens a connection to Twilio, which answers XML where .json is missing.
func NewTwilio(c sources.Connection, cfg TwilioConfig) (sources.Source, error) {
	const accounts = "2010-04-01/Accounts"
	s := source{list: accounts + ".json", account: accounts + "/", user: cfg.AccountSID, size: cfg.PageSize}
	return newSource(c.Fetch(cfg.BaseURL, "ACCOUNT_SID", "AUTH_TOKEN"), s, cfg.AuthToken), nil
}

type source struct {
	list    string // path of the list
	account string // path of one account, before its sid
	user    string // of HTTP Basic: the provider account that is read
	size    int    // of a page

	client   *fetch.Client
	metadata sources.Metadata
}

func newSource(o fetch.Options, s source, secret sources.Secret) *source {
	token := secret.Reveal()
	o.Authorize = func(r *http.Request) error {
		r.SetBasicAuth(s.user, token)
		return nil
	}
	o.ErrorCode = fetch.ErrorCodes("code", "errors.code")
	// A proxy's error page may echo the header: its form also counts as the token.
	o.Secrets.Add(token, s.user+":"+token)
	s.client = fetch.New(o)
	s.metadata = sources.Metadata{
		Mapping:  mapping,
		Rules:    canon.NewRules([]string{"auth_token", "signing_key", "webhook_secret"}, nil, nil).WithSecrets(o.Secrets),
		IDMember: "sid",
		Identity: strings.ToLower(o.Base.Host) + "/" + s.user,
	}
	return &s
}

func (s *source) Metadata() sources.Metadata { return s.metadata }

func (s *source) Close() { s.client.Close() }

// Lookup reads one account by its sid.
func (s *source) Lookup(ctx context.Context, id string) (sources.Record, error) {
	return sources.LookUp(ctx, s.client, s.account+fetch.PathSegment(id)+".json", "sid", id)
}

// Probe reads a page of one account, and checks that the link to the next page can be followed.
func (s *source) Probe(ctx context.Context) error {
	var next string
	for _, err := range sources.Listing(func(p *sources.Pages) (err error) {
		next, err = s.readPage(ctx, s.first(1), 1, &fetch.Tally{}, p)
		return err
	}) {
		if err != nil {
			return err
		}
	}
	if next == "" {
		return nil
	}
	if err := s.client.Check(next); err != nil {
		return fmt.Errorf("the link to the next page cannot be followed: %w", err)
	}
	return nil
}

var errCircle = errors.New("the links to the next page form a loop, also with the largest page: the listing cannot be completed; try again later, and report it to the provider if it stays so")

// List follows the links to the next page, which are the cursors. It reads
// everything, whatever the window: the providers do not filter by creation.
func (s *source) List(ctx context.Context, _ sources.Window, cursor string) iter.Seq2[sources.Page, error] {
	return sources.Listing(func(p *sources.Pages) error {
		size := s.size
		ref := cursor
		if ref == "" {
			ref = s.first(size)
		}
		var links fetch.Loop
		tally := fetch.Tally{Resumed: cursor != ""}
		for ref != "" {
			next, err := s.readPage(ctx, ref, size, &tally, p)
			if err != nil {
				return err
			}
			if links.Closes(next) {
				if size == maxPage {
					return errCircle
				}
				// Many accounts may share the cursor: larger pages get past them.
				// Accounts may be yielded again.
				size, links, tally = maxPage, fetch.Loop{}, fetch.Tally{}
				next = s.first(size)
			}
			ref = next
		}
		return nil
	})
}

// first is the ref of the first page.
func (s *source) first(size int) string { return s.list + "?PageSize=" + strconv.Itoa(size) }

// accountsList says where the list stands in an answer.
var accountsList = fetch.ListOptions{Lists: [][]string{{"accounts"}}}

// readPage hands the accounts of one page on as they are read and returns the
// link to the next page, "" on the last one. The link is the cursor of the
// page's last records alone: before that the page has not been read whole.
func (s *source) readPage(ctx context.Context, ref string, size int, tally *fetch.Tally, p *sources.Pages) (next string, err error) {
	var page fetch.Page
	kind := "account of a page of " + strconv.Itoa(size) // what is read again with larger pages is progress
	err = s.client.Get(ctx, ref, nil, func(res *http.Response) (err error) {
		p.Reset()
		page, err = fetch.ReadPage(res, accountsList, func(e fetch.Element) error {
			id := fetch.ID(e.Raw, "sid")
			tally.Add(id)
			s.client.Arrived(kind, id)
			return p.Add(sources.Record{ID: id, Raw: e.Raw, Oversize: e.Oversize}, "")
		})
		if err != nil {
			return err
		}
		next, err = nextLink(page, size)
		return err
	})
	if err != nil {
		return "", err
	}
	if tally.Turn(&page); next == "" {
		if err := tally.Complete(page); err != nil {
			return "", err
		}
	}
	return next, p.At(next)
}

// linkMembers hold the link to the next page: the first in SignalWire's answers and
// Twilio's of 2010-04-01, the last in Twilio's newer ones.
var linkMembers = []string{"next_page_uri", "next_page_url", "meta.next_page_url"}

// nextLink reads the link to the next page, from the first of its members that
// exists. Where all are missing, not null, a page that is not full must be
// the last.
func nextLink(page fetch.Page, size int) (string, error) {
	for _, name := range linkMembers {
		raw := page.Get(name)
		if inner, ok := strings.CutPrefix(name, "meta."); ok {
			raw, _ = fetch.Member(page.Get("meta"), inner)
		}
		if raw == nil {
			continue
		}
		if bytes.Equal(raw, []byte("null")) {
			return "", nil
		}
		var link string
		if err := json.Unmarshal(raw, &link); err != nil {
			return "", fmt.Errorf("the link to the next page (%s) is not a text: the listing cannot be completed", name)
		}
		return link, nil
	}
	if n, err := strconv.Atoi(page.Text("page_size")); err == nil && n > 0 && n < size {
		size = n
	}
	if page.Elements >= size {
		return "", errors.New("a full page does not say whether another one follows (next_page_uri is missing): the listing cannot be completed")
	}
	return "", nil
}
