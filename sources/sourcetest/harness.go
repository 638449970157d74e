// Package sourcetest is what every provider passes: [Contract], against a
// provider whose answers are scripted, and [Golden], which shows its mapping.
//
// A provider's test fills a [Harness] in a few lines:
//
//	func harness() sourcetest.Harness {
//		return sourcetest.Harness{
//			Open: func(c sources.Connection) (sources.Source, error) {
//				return New(c, Config{BaseURL: sourcetest.Base("/v2"), APIKey: "planted-api-key"})
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
// Everything happens in memory and in a bubble of testing/synctest, so waiting
// takes no time.
package sourcetest

import (
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"rollcall/sources"
)

// A Harness describes a provider to [Contract] and [Golden].
type Harness struct {
	// Dir holds list.txt, the answers of a healthy listing, and lookup.txt,
	// those to single accounts (see [ParseScript]); "" means testdata.
	Dir string

	// Open opens a source towards the scripted server.
	Open func(sources.Connection) (sources.Source, error)

	// IDs are the accounts that list.txt holds, in any order.
	IDs []string

	// Repeats says that a healthy listing may yield an account twice.
	Repeats bool

	// Secrets are planted in the answers, and are the credentials that Open
	// uses. None may turn up in an account, an error or a log.
	Secrets []string

	// Alive, Gone and Other are ids to look up: lookup.txt answers with the
	// account, with 404 or 410, and with something that is not that account.
	// "" leaves one out.
	Alive, Gone, Other string

	// NoLookup says that the provider does not give single accounts.
	NoLookup bool

	// Allowed are the requests other than GET that are made, such as
	// "PUT /v2/api_auth".
	Allowed []string

	// Renews says that a refused request is repeated once with a new
	// credential.
	Renews bool

	// Link is the member of a list's envelope that holds a URL to the next
	// page, such as next_page_uri; "" without one.
	Link string

	// ErrorBody is the body of an error, and ErrorCode the provider's own code
	// in it, which the error must hold. "" leaves it out.
	ErrorBody, ErrorCode string

	// Tolerates are the beginnings of requests ("GET /v2/x") whose answer may be
	// bad, or a refusal, without an error of the listing.
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

// Base returns a base URL of the scripted server with that path.
func Base(path string) sources.BaseURL {
	return sources.BaseURL{URL: &url.URL{Scheme: "https", Host: Host, Path: path}}
}

// Connection returns a connection that is named test, has the default settings
// and sends its requests to transport.
func Connection(transport http.RoundTripper) sources.Connection {
	return sources.Connection{
		Name:      "test",
		Settings:  sources.Settings{Timeout: 10 * time.Minute, RequestTimeout: 30 * time.Second, Concurrency: 4},
		UserAgent: "rollcall/test",
		Transport: transport,
	}
}
