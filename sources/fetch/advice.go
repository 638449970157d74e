package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// A hints is what advice knows about the connection.
type hints struct {
	prefix      string   // of the names of its variables
	credentials []string // without the prefix
	notFound    string
	proxied     bool // its requests go through a proxy
}

// advice says what to do, with the connection's variables by their names.
func (e *Error) advice() string {
	h := e.hints
	baseURL, credentials := h.prefix+"BASE_URL", "it"
	if len(h.credentials) > 0 {
		credentials = h.prefix + strings.Join(h.credentials, " and "+h.prefix)
	}
	switch {
	case e.Status/100 == 2 && e.Err == nil:
		return "only 200 is a whole answer: ask the provider, and the operator of any proxy in between"
	case e.Status == 0 || e.Status/100 == 2:
		return h.adviceFor(e.Err)
	case e.Status == http.StatusProxyAuthRequired:
		return (&ProxyError{Status: e.Status}).advice()
	case e.Status == http.StatusUnauthorized:
		return "the credential was refused: check " + credentials + "; it may be mistyped, expired or revoked"
	case e.Status == http.StatusForbidden:
		return "the credential may not read this: check the owner and the rights of " + credentials
	case e.Status == http.StatusNotFound, e.Status == http.StatusGone:
		advice := "there is nothing at this URL: check " + baseURL + " and the id of the account or project"
		if h.notFound != "" {
			advice += "; " + h.notFound
		}
		return advice
	case e.Status == http.StatusTooManyRequests:
		return fmt.Sprintf("the provider still throttles: lower %[1]sRATE_LIMIT or %[1]sCONCURRENCY", h.prefix)
	case e.Status >= 500:
		return "the provider failed: try again later, and ask the provider if it lasts"
	case e.Status/100 == 3:
		return "it cannot be followed: check " + baseURL
	default:
		return "the provider refused the request"
	}
}

// adviceFor says what to do about a request without an answer, or with an unusable one.
func (h hints) adviceFor(err error) string {
	var proxy *ProxyError
	if errors.As(err, &proxy) {
		return proxy.advice()
	}
	baseURL := h.prefix + "BASE_URL"
	network, slow := "the network", "the provider"
	if h.proxied {
		network, slow = "the network, the proxy (HTTPS_PROXY)", "the provider or the proxy (HTTPS_PROXY)"
	}
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		host    *HostError
		noList  *NoListError
		failed  *AnswerError
		body    *BodyError
		op      *net.OpError
	)
	switch {
	case errors.As(err, &host), errors.Is(err, errTooManyRedirects), errors.Is(err, errRedirectMethod):
		return "check " + baseURL
	case errors.As(err, &noList):
		return "the answer is not the one that was requested: check " + baseURL + ", and whether the provider has changed"
	case errors.As(err, &failed):
		return "the provider failed: try again later, and ask the provider if it lasts"
	case errors.As(err, &dns):
		return "check the host in " + baseURL + " and the name service"
	case isTLS(err):
		return "check " + baseURL + " and the certificates that this machine trusts (SSL_CERT_FILE)"
	case errors.As(err, &timeout) && timeout.Timeout():
		return slow + " is slow or cut off: check the network, or raise " + h.prefix + "REQUEST_TIMEOUT"
	case errors.As(err, &body):
		return "the provider or a proxy in between breaks answers off: try again later"
	case errors.Is(err, ErrTooLarge):
		return "nothing of it was stored: ask the provider what makes it so long"
	case errors.As(err, &op):
		return "check " + network + " and the port in " + baseURL
	default:
		return "check " + network + " and " + baseURL
	}
}

// isTLS reports whether the two sides do not agree on TLS: no retry changes that.
func isTLS(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
		authority   x509.UnknownAuthorityError
		hostname    x509.HostnameError
		invalid     x509.CertificateInvalidError
	)
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid) || errors.Is(err, http.ErrSchemeMismatch)
}

// permanent reports whether a request without an answer would fail again in the same way.
func permanent(err error) bool {
	var host *HostError
	var proxy *ProxyError
	return isTLS(err) || errors.As(err, &proxy) && proxy.Status/100 == 4 || errors.As(err, &host) ||
		errors.Is(err, errTooManyRedirects) || errors.Is(err, errRedirectMethod)
}

// failure makes the error of a request that failed for good.
func (c *Client) failure(method string, u *url.URL, out outcome, tries int) error {
	e := &Error{Method: method, URL: c.show(u), Status: out.status, Code: out.code, Attempts: tries, hints: c.hints}
	if _, ok := out.err.(statusError); !ok {
		e.Err = c.clean(out.err)
	}
	return e
}

// A cause is an error with a text that is fit to be shown. It does not wrap: printing the chain must not show the
// text that was cleaned.
type cause struct {
	text string
	err  error
}

func (c *cause) Error() string { return c.text }

// Is and As look at the error itself, for errors.Is and errors.As.
func (c *cause) Is(target error) bool { return errors.Is(c.err, target) }

// As is as Is.
func (c *cause) As(target any) bool { return errors.As(c.err, target) }

// quoted matches what net/http quotes in its errors: URLs with their query, and parts of the answer.
var quoted = regexp.MustCompile(`"[^"]*"?`)

// clean removes from the text of an error everything that could be a secret.
func (c *Client) clean(err error) error {
	if err == nil {
		return nil
	}
	inner := err
	if u := (*url.Error)(nil); errors.As(err, &u) {
		inner = u.Err // u itself holds the whole URL
	}
	text := c.strike(quoted.ReplaceAllString(inner.Error(), `"…"`))
	if text == err.Error() {
		return err
	}
	return &cause{text: text, err: inner}
}

// strike removes known secrets from a text.
func (c *Client) strike(text string) string {
	if c.o.Secrets == nil {
		return text
	}
	return c.o.Secrets.Redact(text)
}

// show returns a URL fit to be shown: scheme, host and path.
func (c *Client) show(u *url.URL) string {
	return c.strike((&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String())
}

// codePattern is what an error code may look like. Anything else could be a text, which could hold anything.
var codePattern = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// errorCode returns the provider's code for an error, if it is fit to be shown.
func (c *Client) errorCode(body []byte) string {
	if c.o.ErrorCode == nil {
		return ""
	}
	code := c.o.ErrorCode(body)
	if !codePattern.MatchString(code) || c.strike(code) != code {
		return ""
	}
	return code
}
