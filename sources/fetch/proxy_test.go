package fetch

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCheckProxy(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{
		"":                           true,
		"proxy:3128":                 true,
		"http://proxy.example.com":   true,
		"http://proxy:3128/":         true,
		"https://us:p%40ss@proxy:1":  true,
		"us:pass@10.0.0.1:3128":      true,
		"socks5://[::1]:1080":        true,
		"socks5h://proxy:1080":       true,
		"://":                        false,
		"http://":                    false,
		"http://:3128":               false,
		"http://proxy:port":          false,
		"http://proxy:0":             false,
		"http://proxy:65536":         false,
		"http//proxy:3128":           false,
		"ftp://proxy":                false,
		"two words":                  false,
		"http://us:p%ss@proxy:1":     false,
		"http://us:p#ss@proxy:3128":  false,
		"http://us:1#ss@proxy:3128":  false,
		"http://us:1/2@proxy:3128":   false,
		"http://us:1?2@proxy:3128":   false,
		"http://[::1:3128":           false,
		"\x7fhttp://proxy":           false,
		"http://proxy:3128,http://x": false,
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
			problems := CheckProxy(func(asked string) (string, bool) {
				if asked != name {
					return "", false
				}
				return value, true
			})
			if (len(problems) == 0) != good {
				t.Errorf("%s=%q: %q", name, value, problems)
			}
			for _, problem := range problems {
				if !strings.HasPrefix(problem, name+": ") || len(value) > len("http://") && strings.Contains(problem, value) {
					t.Errorf("%s=%q: %q", name, value, problem)
				}
			}
		}
	}
}

// What failed between this machine and the proxy is not the provider's fault.
func TestTheProxyIsBlamed(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	through := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://api.example.com", Err: err}
	}
	for name, c := range map[string]struct {
		err   error
		says  string
		again bool
	}{
		"unreachable":     {through(&net.OpError{Op: "proxyconnect", Net: "tcp", Err: refused}), "the proxy cannot be used: dial tcp: connection refused: check HTTPS_PROXY, and whether the proxy is up", true},
		"unknown":         {through(&net.OpError{Op: "proxyconnect", Err: &net.DNSError{Err: "no such host", Name: "proxy"}}), "the proxy is up", true},
		"socks":           {through(&net.OpError{Op: "socks connect", Err: errors.New("password refused")}), "password refused: check HTTPS_PROXY", true},
		"407":             {through(&ProxyError{Status: http.StatusProxyAuthRequired}), "the proxy answered 407 Proxy Authentication Required: check the user and the password in HTTPS_PROXY", false},
		"403":             {through(&ProxyError{Status: http.StatusForbidden}), "whether the proxy may connect to this host", false},
		"503":             {through(&ProxyError{Status: http.StatusServiceUnavailable}), "the proxy answered 503", true},
		"the provider's":  {through(refused), "check the network and the port in BASE_URL", true},
		"a 407 of itself": {&Error{Status: http.StatusProxyAuthRequired}, "HTTPS_PROXY", true},
	} {
		err := blamed(c.err)
		if permanent(err) == c.again {
			t.Errorf("%s: another try: %t", name, !c.again)
		}
		failed, whole := err.(*Error)
		if !whole {
			base, _ := url.Parse("https://api.example.com")
			client := New(Options{Base: base})
			errors.As(client.failure(http.MethodGet, base, outcome{err: err}, 1), &failed)
		}
		if text := failed.Error(); !strings.Contains(text, c.says) {
			t.Errorf("%s: %s", name, text)
		}
	}
}
