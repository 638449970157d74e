package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"rollcall/model"
	"rollcall/sources/fetch"
)

// A Secret is a credential. It prints as [redacted], whatever the verb.
type Secret string

const redacted = "[redacted]"

// String hides the secret.
func (Secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return redacted }

// MarshalText hides the secret from encoders.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue hides the secret from logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Reveal returns the secret itself, to be sent to its own host.
func (s Secret) Reveal() string { return string(s) }

// Tag returns 32 bits of the secret's hash: enough to notice another secret, and
// too few to find it by. It stands for a provider account that has no id.
func (s Secret) Tag() string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:4])
}

// Settings are what every connection can be told in its environment, whatever
// its provider.
type Settings struct {
	Schedule         string        `env:"SCHEDULE"` // as package schedule reads it; "" is that of all connections
	Timeout          time.Duration `env:"TIMEOUT, default=10m"`
	RequestTimeout   time.Duration `env:"REQUEST_TIMEOUT, default=30s"`
	RateLimit        float64       `env:"RATE_LIMIT"`
	Concurrency      int           `env:"CONCURRENCY, default=4"`
	MaxDeletePercent float64       `env:"MAX_DELETE_PERCENT, default=10"`
	HookUsername     string        `env:"HOOK_USERNAME"`
	HookPassword     Secret        `env:"HOOK_PASSWORD"`
}

// A Connection is one configured connection to a provider.
type Connection struct {
	Name     string // as in ROLLCALL_SOURCES
	Provider string // the provider's name, such as signalwire
	Settings

	// Secrets are the credentials of all connections; nil begins a set of its own.
	Secrets *model.Secrets

	UserAgent string
	Logger    *slog.Logger
	Observe   func(fetch.Attempt) // told of every request's end; may be nil

	// Arrived is called as each thing that a listing is made of arrives, by its
	// kind and id: an account, a member of a network. It may be nil. A run makes
	// progress while something arrives that did not arrive before.
	Arrived func(kind, id string)
}

// Fetch returns the options of the connection's HTTP client against base.
func (c Connection) Fetch(base *url.URL) fetch.Options {
	if c.Secrets == nil {
		c.Secrets = new(model.Secrets)
	}
	return fetch.Options{
		Base:           base,
		Secrets:        c.Secrets,
		Concurrency:    c.Concurrency,
		RateLimit:      c.RateLimit,
		RequestTimeout: c.RequestTimeout,
		UserAgent:      c.UserAgent,
		Logger:         c.Logger,
		Observe:        c.Observe,
		Arrived:        c.Arrived,
	}
}

// A Provider opens connections of one kind.
type Provider struct {
	Name string

	config func() any // a pointer to a new provider configuration
	open   func(c Connection, config any) (Source, error)
}

// Define makes a provider of its name and the function that opens a connection
// with a configuration C. C's fields carry env tags; its BaseURL field must be
// a URL.
func Define[C any](name string, open func(Connection, C) (Source, error)) Provider {
	return Provider{
		Name:   name,
		config: func() any { return new(C) },
		open:   func(c Connection, config any) (Source, error) { return open(c, *config.(*C)) },
	}
}

// Variables are the names of what a connection of the provider reads beside the
// settings of all, without the connection's prefix.
func (p Provider) Variables() []string { return Variables("", p.config()) }

// A BaseURL is where a provider's API begins: https, or http on a loopback
// address, without user part, query or fragment.
type BaseURL struct{ *url.URL }

// EnvDecode reads a BaseURL. Its errors do not repeat the value, which may hold
// a credential.
func (u *BaseURL) EnvDecode(text string) error {
	parsed, err := url.Parse(text)
	switch {
	case err != nil || parsed.Host == "":
		return errors.New("must be a URL such as https://api.example.com")
	case parsed.User != nil:
		return errors.New("must not hold a user or a password")
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return errors.New("must end with the path")
	case parsed.Scheme == "http" && !loopback(parsed.Hostname()), parsed.Scheme != "http" && parsed.Scheme != "https":
		return errors.New("must be https (http is allowed on a loopback address alone)")
	}
	parsed.Path = strings.TrimSuffix(parsed.Path, "/")
	parsed.RawPath = ""
	u.URL = parsed
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
