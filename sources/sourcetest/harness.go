// Package sourcetest is what every provider passes: [Contract], against a
// provider whose answers are scripted, and [Golden], which shows its mapping.
//
// A provider's test fills a [Harness] in a few lines:
//
//	func harness() sourcetest.Harness {
//		return sourcetest.Harness{
//			Open: func(o sourcetest.Opening) (sources.Source, error) {
//				cfg := Config{BaseURL: o.Base("/v2"), APIKey: "planted-api-key"}
//				return open(o.Fetch(cfg.BaseURL), cfg)
//			},
//			IDs:     []string{"a1", "a2"},
//			Secrets: []string{"planted-api-key", "planted-token"},
//			Alive:   "a1", Gone: "a9", Other: "by-name",
//		}
//	}
//
//	func TestContract(t *testing.T) { sourcetest.Contract(t, harness()) }
//	func TestGolden(t *testing.T)   { sourcetest.Golden(t, harness()) }
//
// where New(c, cfg) is open(c.Fetch(cfg.BaseURL.URL), cfg). Everything happens
// in memory and in a bubble of testing/synctest, so waiting takes no time.
package sourcetest

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

// A Harness tells [Contract] and [Golden] what they must know about a provider.
type Harness struct {
	// Dir holds list.txt, the answers of a healthy listing, and lookup.txt,
	// those to single accounts (see [ParseScript]); "" means testdata.
	Dir string

	// Open opens a source towards the scripted server.
	Open func(Opening) (sources.Source, error)

	// IDs are the accounts that list.txt holds, in any order.
	IDs []string

	// Repeats tells that a healthy listing may yield an account twice.
	Repeats bool

	// Secrets are planted in the answers, and are the credentials that Open
	// uses. None may turn up in an account, an error or a log.
	Secrets []string

	// Alive, Gone and Other are ids to look up: lookup.txt answers with the
	// account, with 404 or 410, and with something that is not that account.
	// "" leaves one out.
	Alive, Gone, Other string

	// NoLookup tells that the provider cannot be asked for a single account.
	NoLookup bool

	// Allowed are the requests other than GET that are made, such as
	// "PUT /v2/api_auth".
	Allowed []string

	// Renews tells that a refused request is repeated once with a new
	// credential.
	Renews bool

	// Link is the member of a list's envelope that holds a URL to the next
	// page, such as next_page_uri; "" where there is none.
	Link string

	// ErrorBody is the body of an error, and ErrorCode the provider's own code
	// in it, which the error must tell. "" leaves it out.
	ErrorBody, ErrorCode string

	// Tolerates are the beginnings of requests ("GET /v2/x") whose answer may be
	// bad, or a refusal, without the listing telling of an error.
	Tolerates []string
}

func (h Harness) path(name string) string {
	if h.Dir == "" {
		return filepath.Join("testdata", name)
	}
	return filepath.Join(h.Dir, name)
}

// Host is the scripted server's; a request to any other fails the test.
const Host = "provider.test"

// An Opening is what a test opens a source with.
type Opening struct {
	// Connection is named test, has the default settings and logs to the test.
	Connection sources.Connection

	transport http.RoundTripper
}

// NewOpening returns an Opening whose requests go to transport, for a test
// besides the contract.
func NewOpening(transport http.RoundTripper) Opening { return newOpening(transport, io.Discard) }

func newOpening(transport http.RoundTripper, log io.Writer) Opening {
	return Opening{
		Connection: sources.Connection{
			Name: "test",
			Settings: sources.Settings{
				Timeout:        10 * time.Minute,
				RequestTimeout: 30 * time.Second,
				Concurrency:    4,
			},
			UserAgent: "rollcall/test",
			Logger:    slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		},
		transport: transport,
	}
}

// Base returns a base URL of the scripted server with that path.
func (o Opening) Base(path string) sources.BaseURL {
	return sources.BaseURL{URL: &url.URL{Scheme: "https", Host: Host, Path: path}}
}

// Fetch returns the options of a client that asks the scripted server.
func (o Opening) Fetch(base sources.BaseURL) fetch.Options {
	options := o.Connection.Fetch(base.URL)
	options.Transport = o.transport
	return options
}
