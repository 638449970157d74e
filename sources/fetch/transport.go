package fetch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// maxRedirects is how many redirects of one request are followed; real ones take one.
	maxRedirects = 5

	// idleTimeout is how long an unused connection is kept: less than the minutes after which
	// load balancers forget it.
	idleTimeout = 60 * time.Second

	// pingAfter and pingTimeout find out that an HTTP/2 connection is dead. Without them every
	// retry would be sent into it again.
	pingAfter, pingTimeout = 10 * time.Second, 10 * time.Second

	// maxHeader bounds an answer's header, in bytes; real ones have 2 KiB.
	maxHeader = 256 << 10
)

// newTransport makes the transport of one connection. The proxy is that of the environment
// (HTTPS_PROXY, NO_PROXY); net/http uses none for a loopback address. It unpacks gzip by itself.
func newTransport(concurrency int, timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: proxyAnswered,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    timeout,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxIdleConnsPerHost:    concurrency,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
	}
}

var (
	errTooManyRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
	errRedirectMethod   = errors.New("a redirect that would turn the request into a GET")
)

// checkRedirect lets only redirects pass that stay at the connection's own host: net/http would send
// the headers of a credential along, apart from the few that it knows.
func (c *Client) checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case !sameOrigin(req.URL, &c.base):
		return &HostError{Host: origin(req.URL), Want: origin(&c.base)}
	case len(via) > maxRedirects:
		return errTooManyRedirects
	case req.Method != via[0].Method:
		return errRedirectMethod
	}
	req.URL.User = nil // net/http would make a credential of it
	return nil
}

// resolve makes a URL of a ref, if that is at the connection's own host.
func (c *Client) resolve(ref string) (*url.URL, error) {
	u, err := url.Parse(ref)
	if err != nil {
		return nil, errors.New("a link that is no URL") // err would quote it, with its query
	}
	if u.Scheme == "" && u.Host == "" && !strings.HasPrefix(ref, "/") {
		// Below the base path, which need not end with a slash.
		root := c.base.JoinPath("/")
		if u.Path == "" {
			root = &c.base
		}
		u = root.ResolveReference(u)
	} else {
		u = c.base.ResolveReference(u)
	}
	if u.Opaque != "" || !sameOrigin(u, &c.base) {
		return nil, &HostError{Host: origin(u), Want: origin(&c.base)}
	}
	if u.User != nil {
		return nil, errors.New("a link with a user part")
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = c.base.Scheme, c.base.Host, "", ""
	return u, nil
}

// PathSegment escapes a name, such as an account's id, for use as one segment of a ref.
func PathSegment(name string) string {
	if name == "." || name == ".." { // these would be resolved, to another path
		return strings.ReplaceAll(name, ".", "%2E")
	}
	return strings.ReplaceAll(url.PathEscape(name), ":", "%3A")
}

// sameOrigin reports whether two URLs have the same scheme, host and port.
func sameOrigin(a, b *url.URL) bool {
	return strings.EqualFold(a.Scheme, b.Scheme) && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[strings.ToLower(u.Scheme)]
}

func origin(u *url.URL) string { return u.Scheme + "://" + u.Host }
