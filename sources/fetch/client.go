// Package fetch is the HTTP side of one provider connection: a client that keeps to one host, waits
// and retries, and a reader of JSON lists that holds one element at a time.
package fetch

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

const (
	// DefaultConcurrency is how many requests a connection makes at once.
	DefaultConcurrency = 4

	// DefaultRequestTimeout is the longest wait for an answer to begin, or to continue.
	DefaultRequestTimeout = 30 * time.Second
)

// Options configures the Client of one connection.
type Options struct {
	// Base is where the connection lives. No request goes to another scheme, host or port.
	Base *url.URL

	// Prefix begins the names of the connection's variables, which errors name: ACME_ of ACME_BASE_URL. Credentials are
	// those to check where the credential is refused, without it. NotFound is one more hint where there is nothing at a URL.
	Prefix      string
	Credentials []string
	NotFound    string

	// Authorize adds the credential to a request; nil adds none. Its error ends the request.
	Authorize func(*http.Request) error

	// Renew is called when the credential was refused (401), with the refused request. It returns true
	// when there is another credential: the request is then repeated, once. It may use the Client, with
	// requests that are Bare.
	Renew func(ctx context.Context, rejected *http.Request) (bool, error)

	Concurrency    int           // requests at once; 0 means DefaultConcurrency
	RateLimit      float64       // requests per second; 0 means unlimited
	RequestTimeout time.Duration // longest wait for an answer's header, and for each read of its body; 0 means DefaultRequestTimeout
	UserAgent      string
	Logger         *slog.Logger      // nil: silent
	Transport      http.RoundTripper // nil: one of its own

	// ErrorCode finds the provider's own error code in the body of an error; nil finds none.
	ErrorCode func(body []byte) string

	// Secrets are struck out wherever they turn up in the text of an error; nil strikes none.
	Secrets Secrets

	// Arrived, if set, is called for each thing of a listing as it arrives, by its kind and id: the run makes progress if it is
	// new. It must be safe for concurrent use.
	Arrived func(kind, id string)

	// Observe is called after each attempt, for metrics. It must be safe for concurrent use.
	Observe func(Attempt)
}

// Secrets are the credentials that are known: those that are configured and those that requests obtain.
type Secrets interface {
	Add(credentials ...string)   // configured ones
	Learn(credentials ...string) // obtained ones
	Redact(text string) string   // returns an error's text without them
	Hide(text string) string     // returns a payload's text without them
	Leak(text []byte) bool       // reports whether one may be in text
}

// An Attempt is one try of a request.
type Attempt struct {
	Method    string
	Number    int           // 1 for the first try
	Status    int           // 0 where no answer came
	Err       error         // nil if it went well
	Throttled time.Duration // waited before sending: free slot, rate limit, pause
	Duration  time.Duration // from sending to the end of reading
	Retry     bool          // there is a next try
	Wait      time.Duration // waited before it
}

// A Request is what Do sends. It must be idempotent: it may be sent more than once.
type Request struct {
	Method string // "" means GET
	Ref    string // as in Get
	Header http.Header
	Body   []byte
	Bare   bool // without Authorize and Renew: the request that gets a credential
}

// A Client makes the requests of one connection. It is safe for concurrent use.
type Client struct {
	o      Options
	base   url.URL
	http   http.Client
	limits *limits
	log    *slog.Logger
	jitter func(time.Duration) time.Duration // up to its argument

	hints hints
}

// New returns a Client for one connection. Close it after use.
func New(o Options) *Client {
	if o.Concurrency <= 0 {
		o.Concurrency = DefaultConcurrency
	}
	if o.RequestTimeout <= 0 {
		o.RequestTimeout = DefaultRequestTimeout
	}
	if o.Transport == nil {
		o.Transport = newTransport(o.Concurrency, o.RequestTimeout)
	}
	c := &Client{
		o:      o,
		base:   *o.Base,
		limits: newLimits(o.Concurrency, o.RateLimit),
		log:    cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
		jitter: fullJitter,

		hints: hints{o.Prefix, o.Credentials, o.NotFound, isProxied(o.Base)},
	}
	c.base.User = nil // credentials come from Authorize
	c.http = http.Client{Transport: o.Transport, CheckRedirect: c.checkRedirect}
	return c
}

// Variable returns the name of one of the connection's variables, for an error.
func (c *Client) Variable(name string) string { return c.o.Prefix + name }

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Arrived reports that a thing of the listing arrived, such as the account with that id.
func (c *Client) Arrived(kind, id string) {
	if c.o.Arrived != nil {
		c.o.Arrived(kind, id)
	}
}

// Check returns why Get would not follow a link: it leads to another host, or is no URL.
func (c *Client) Check(link string) error {
	if _, err := c.resolve(link); err != nil {
		return c.failure(http.MethodGet, &c.base, outcome{err: err}, 0)
	}
	return nil
}

// Get requests ref and hands the answer, if its status is 200, to read. A ref is absolute, or relative
// to Base: to its host when it begins with "/", else below its path. read is called once per try, so it
// must be ready to start over; it must not use the Client, and need not close the body.
//
// Every error is an *Error, except for errors of read that are not about the body, errors of Authorize and Renew,
// which come as they are, and the cause of a cancelled ctx, with the last answer that called for another try.
func (c *Client) Get(ctx context.Context, ref string, header http.Header, read func(*http.Response) error) error {
	return c.Do(ctx, Request{Ref: ref, Header: header}, read)
}
