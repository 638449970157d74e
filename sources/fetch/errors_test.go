package fetch

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestErrorText(t *testing.T) {
	const at = "GET https://api.example/v1/x: "
	for _, test := range []struct {
		err  Error
		want string
	}{
		{Error{Status: 401, Code: "20003", Attempts: 1}, "401 Unauthorized (code 20003): the credential was refused: check it; it may be mistyped, expired or revoked"},
		{Error{Status: 403, Attempts: 1}, "403 Forbidden: the credential may not read this: check the owner and the rights of it"},
		{Error{Status: 401, hints: hints{prefix: "ACME_", credentials: []string{"API_TOKEN"}}}, "401 Unauthorized: the credential was refused: check ACME_API_TOKEN; it may be mistyped, expired or revoked"},
		{Error{Status: 403, hints: hints{prefix: "ACME_", credentials: []string{"API_KEY", "TOKEN"}}}, "403 Forbidden: the credential may not read this: check the owner and the rights of ACME_API_KEY and ACME_TOKEN"},
		{Error{Status: 404, hints: hints{prefix: "PBX_", notFound: "try /v2"}}, "404 Not Found: there is nothing at this URL: check PBX_BASE_URL and the id of the account or project; try /v2"},
		{Error{Status: 429, hints: hints{prefix: "ACME_"}}, "429 Too Many Requests: the provider still throttles: lower ACME_RATE_LIMIT or ACME_CONCURRENCY"},
		{Error{Status: 404, Attempts: 1}, "404 Not Found: there is nothing at this URL: check BASE_URL and the id of the account or project"},
		{Error{Status: 429, Attempts: 5}, "429 Too Many Requests, after 5 tries: the provider still throttles: lower RATE_LIMIT or CONCURRENCY"},
		{Error{Status: 503, Attempts: 5}, "503 Service Unavailable, after 5 tries: the provider failed: try again later, and ask the provider if it lasts"},
		{Error{Status: 599, Attempts: 5}, "599, after 5 tries: the provider failed: try again later, and ask the provider if it lasts"},
		{Error{Status: 304, Attempts: 1}, "304 Not Modified: it cannot be followed: check BASE_URL"},
		{Error{Status: 400, Code: "70002", Attempts: 1}, "400 Bad Request (code 70002): the provider refused the request"},
		{Error{Attempts: 5, Err: &timeoutError{30 * time.Second}}, "no answer within 30s, after 5 tries: the provider is slow or cut off: check the network, or raise REQUEST_TIMEOUT"},
		{Error{Attempts: 5, Err: &net.DNSError{Name: "api.example", Err: "no such host", IsNotFound: true}}, "lookup api.example: no such host, after 5 tries: check the host in BASE_URL and the name service"},
		{Error{Attempts: 1, Err: x509.UnknownAuthorityError{}}, "x509: certificate signed by unknown authority: check BASE_URL and the certificates that this machine trusts (SSL_CERT_FILE)"},
		{Error{Status: 200, Attempts: 5, Err: &BodyError{Offset: 1, Err: errors.New("unexpected character '<'")}}, "200 OK, the body cannot be read as JSON, at byte 1: unexpected character '<', after 5 tries: the provider or a proxy in between breaks answers off: try again later"},
		{Error{Status: 200, Attempts: 1, Err: ErrTooLarge}, "200 OK, the answer is longer than its limit: nothing of it was stored: ask the provider what makes it so long"},
	} {
		test.err.Method, test.err.URL = "GET", "https://api.example/v1/x"
		if got := test.err.Error(); got != at+test.want {
			t.Errorf("got  %s\nwant %s", got, at+test.want)
		}
	}
}

func TestStatus(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		gone   bool
	}{
		nil: {0, false}, errors.New("x"): {0, false}, &Error{}: {0, false}, &Error{Status: 404}: {404, true},
		fmt.Errorf("details: %w", &Error{Status: 410}): {410, true}, &Error{Status: 401}: {401, false},
	} {
		if Status(err) != want.status || IsGone(err) != want.gone {
			t.Errorf("%v: %d, %v", err, Status(err), IsGone(err))
		}
	}
}

func codeOf(body []byte) string {
	var e struct{ Code json.RawMessage }
	_ = json.Unmarshal(body, &e)
	return strings.Trim(string(e.Code), `"`)
}

// known is the one credential of a test.
type known string

func (k known) Add(...string)             {}
func (k known) Learn(...string)           {}
func (k known) Redact(text string) string { return strings.ReplaceAll(text, string(k), "[redacted]") }
func (k known) Hide(text string) string   { return k.Redact(text) }
func (k known) Leak(text []byte) bool     { return strings.Contains(string(text), string(k)) }

func TestErrorCode(t *testing.T) {
	for body, want := range map[string]string{
		`{"code":20003}`:                             "20003",
		`{"code":"not.found_x-1"}`:                   "not.found_x-1",
		`{"code":"a text of some kind"}`:             "",
		`{"code":"the-secret-key"}`:                  "",
		`{"code":"` + strings.Repeat("x", 65) + `"}`: "",
		`nothing`: "",
	} {
		c := (&stage{script: script{"400||" + body}}).on(func(o *Options) {
			o.ErrorCode, o.Secrets = codeOf, known("secret")
		})
		if e := asError(t, c.Get(t.Context(), "x", nil, nil)); e.Code != want {
			t.Errorf("%s gives %q, want %q", body, e.Code, want)
		}
	}
	c := (&stage{script: script{`200||{"code":20003,"status":401}`}}).on(func(o *Options) { o.ErrorCode = codeOf })
	if e := asError(t, c.Get(t.Context(), "x", nil, readList)); e.Code != "20003" || e.Status != 200 {
		t.Errorf("an error with status 200: %v", e)
	}
}

// Whatever goes wrong: no query, no header, no body and no known secret in an error or a log.
func TestNoSecrets(t *testing.T) {
	for name, line := range map[string]string{
		"refused":           `401||{"echo":"secret"}`,
		"failing":           `503||secret`,
		"not JSON":          `200||secret`,
		"without list":      `200||{"secret":"secret"}`,
		"cut":               "cut",
		"refused link":      "refused",
		"redirected":        "302|Location: https://secret.example/secret?key=secret|",
		"redirected badly":  "302|Location: https://%zz/?key=secret|",
		"echoed in the way": `200||{"items":"secret"}`,
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			var seen []error
			c := (&stage{script: script{line}}).on(func(o *Options) {
				o.Base.User = nil
				o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				o.Secrets = known("secret")
				o.Authorize = func(r *http.Request) error {
					r.SetBasicAuth("me", "secret")
					q := r.URL.Query()
					q.Set("token", "secret")
					r.URL.RawQuery = q.Encode()
					return nil
				}
				o.Observe = func(a Attempt) { seen = append(seen, a.Err) }
			})
			c.jitter = func(time.Duration) time.Duration { return time.Millisecond }
			err := c.Get(t.Context(), "secret?key=secret", nil, readList)
			text := fmt.Sprint(err, seen, log.String())
			for e := err; e != nil; e = errors.Unwrap(e) {
				text += fmt.Sprintf(" %v %+v", e, e)
			}
			if err == nil || strings.Contains(text, "secret") || log.Len() == 0 {
				t.Errorf("%s", text)
			}
		})
	}
}

// What net/http quotes of an answer is left out, whether it is known as a secret or not.
func TestNoPartsOfTheAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(conn, "HTTP/1.1 hidden hidden\r\n\r\n")
		conn.Close()
	}))
	t.Cleanup(server.Close)
	err := clientOf(t, server, nil).Get(t.Context(), "/", nil, nil)
	if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "malformed HTTP") {
		t.Error(err)
	}
}

func TestUntrustedCertificate(t *testing.T) {
	var tries int
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	t.Cleanup(server.Close)
	c := clientOf(t, server, func(o *Options) { o.Observe = func(Attempt) { tries++ } })
	err := c.Get(t.Context(), "/", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "SSL_CERT_FILE") || tries != 1 {
		t.Errorf("%v after %d tries", err, tries)
	}
}
