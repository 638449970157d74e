package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// proxyVariables are those that net/http reads.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}

// CheckProxy says what is wrong with the proxies of an environment, a line each.
// net/http would go around a proxy whose URL it cannot parse. The lines do not
// repeat the URL, which may hold a password.
func CheckProxy(lookup func(string) (string, bool)) (problems []string) {
	for _, name := range proxyVariables {
		if value, _ := lookup(name); value != "" && !isProxy(value) {
			problems = append(problems, name+": must be a URL such as http://proxy.example.com:3128 (with % and two hex digits for special characters in the password)")
		}
	}
	return problems
}

// isProxy reports whether a value is the URL of a proxy; "http://" may be missing.
func isProxy(value string) bool {
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return false
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme) && (u.Port() == "" || err == nil && port > 0)
}

// isProxied reports whether requests to base go through a proxy.
func isProxied(base *url.URL) bool {
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: base})
	return err == nil && proxy != nil
}

// A ProxyError is a proxy that did not let a request through.
type ProxyError struct {
	Status int   // of its answer; 0 where it gave none
	Err    error // where Status is 0
}

func (e *ProxyError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("the proxy answered %v", statusError(e.Status))
	}
	return fmt.Sprintf("the proxy cannot be used: %v", e.Err)
}

// Unwrap returns the cause.
func (e *ProxyError) Unwrap() error { return e.Err }

func (e *ProxyError) advice() string {
	switch {
	case e.Status == http.StatusProxyAuthRequired:
		return "check the user and the password in HTTPS_PROXY"
	case e.Status != 0:
		return "check HTTPS_PROXY, and whether the proxy may connect to this host"
	default:
		return "check HTTPS_PROXY, and whether the proxy is up"
	}
}

// proxyAnswered refuses what a proxy answers to CONNECT, other than 200.
func proxyAnswered(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Status: answer.StatusCode}
}

// blamed makes a ProxyError of what failed between this machine and its proxy.
func blamed(err error) error {
	var network *net.OpError
	if errors.As(err, &network) && (network.Op == "proxyconnect" || strings.HasPrefix(network.Op, "socks")) {
		cause := network.Err
		if u := (*url.Error)(nil); errors.As(err, &u) {
			return &url.Error{Op: u.Op, URL: u.URL, Err: &ProxyError{Err: cause}}
		}
		return &ProxyError{Err: cause}
	}
	return err
}
