package sources

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"time"

	"rollcall/model/canon"
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

// Settings are the variables that every connection has, whatever its provider.
type Settings struct {
	Schedule         string        `env:"SCHEDULE"` // as package schedule reads it; "" is that of all connections
	Timeout          time.Duration `env:"TIMEOUT, default=10m" range:"1ms.."`
	RequestTimeout   time.Duration `env:"REQUEST_TIMEOUT, default=30s" range:"1ms.."`
	RateLimit        float64       `env:"RATE_LIMIT" range:"0.."` // 0 is unlimited
	Concurrency      int           `env:"CONCURRENCY, default=4" range:"1..64"`
	MaxDeletePercent float64       `env:"MAX_DELETE_PERCENT, default=10" range:"0..100"`
	HookUsername     string        `env:"HOOK_USERNAME"`
	HookPassword     Secret        `env:"HOOK_PASSWORD"`
}

// A Connection is one configured connection to a provider.
type Connection struct {
	Name     string // as in ROLLCALL_SOURCES
	Provider string // the provider's name, such as signalwire
	Settings

	// Secrets are the credentials of all connections; nil begins a set of its own.
	Secrets *canon.Secrets

	UserAgent string
	Logger    *slog.Logger
	Transport http.RoundTripper   // for tests; nil is the network
	Observe   func(fetch.Attempt) // called at the end of every try of a request; may be nil

	// Arrived is called for each item of a listing as it arrives, by its kind and
	// id: an account, a member of a network. It may be nil. A run makes progress
	// while items arrive that did not arrive before.
	Arrived func(kind, id string)
}

// Fetch returns the options of the connection's HTTP client against base.
// credentials are the variables to check where a credential is refused.
func (c Connection) Fetch(base BaseURL, credentials ...string) fetch.Options {
	if c.Secrets == nil {
		c.Secrets = new(canon.Secrets)
	}
	return fetch.Options{
		Base:           base.URL,
		Prefix:         c.Variable(""),
		Credentials:    credentials,
		Transport:      c.Transport,
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

// Variable returns the name of one of the connection's variables: its own name
// in upper case before name.
func (c Connection) Variable(name string) string {
	if c.Name == "" {
		return name
	}
	return strings.ToUpper(strings.ReplaceAll(c.Name, "-", "_")) + "_" + name
}

// A Provider opens connections of one kind.
type Provider struct {
	Name string

	config func() any // a pointer to a new provider configuration
	open   func(c Connection, config any) (Source, error)
}

// Define makes a provider of its name and the function that opens a connection
// with a configuration C. C's fields carry env tags; its BaseURL field must be
// a BaseURL.
func Define[C any](name string, open func(Connection, C) (Source, error)) Provider {
	return Provider{
		Name:   name,
		config: func() any { return new(C) },
		open:   func(c Connection, config any) (Source, error) { return open(c, *config.(*C)) },
	}
}

// Connection returns a connection of the provider whose configuration is yet to
// be read.
func (p Provider) Connection(name string) Configured {
	return Configured{Connection: Connection{Name: name, Provider: p.Name}, Config: p.config(), provider: p}
}

// A Configured is a connection with its provider's configuration.
type Configured struct {
	Connection

	// Config points to the provider's configuration, a struct with env tags.
	Config any

	provider Provider
}

// Blank returns the connection without what was read.
func (c Configured) Blank() Configured {
	blank := c.provider.Connection(c.Name)
	blank.Secrets = c.Secrets
	return blank
}

// Open opens the connection. It sends the provider no request yet.
func (c Configured) Open(userAgent string, logger *slog.Logger, observe func(fetch.Attempt), arrived func(kind, id string)) (Source, error) {
	c.UserAgent, c.Logger, c.Observe, c.Arrived = userAgent, logger, observe, arrived
	source, err := c.provider.open(c.Connection, c.Config)
	if err != nil {
		return nil, fmt.Errorf("connection %s: %w", c.Name, err)
	}
	return source, nil
}

// Shape describes, without a secret, what the connection reads from its provider:
// two that are equal read the same. It does not hold how fast they read.
func (c Configured) Shape() string { return fmt.Sprintf("%+v", c.Config) }

// Base returns where the connection's provider is, nil where it has no address.
func (c Configured) Base() *url.URL {
	v := reflect.Indirect(reflect.ValueOf(c.Config))
	if v.Kind() != reflect.Struct || !v.FieldByName("BaseURL").IsValid() {
		return nil
	}
	base, _ := v.FieldByName("BaseURL").Interface().(BaseURL)
	return base.URL
}

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
