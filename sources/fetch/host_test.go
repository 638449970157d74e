package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestResolve(t *testing.T) {
	for _, test := range []struct{ base, ref, want string }{
		{"https://api.example/v1", "/v2/x?a=b", "https://api.example/v2/x?a=b"},
		{"https://api.example/v1", "x?a=b", "https://api.example/v1/x?a=b"},
		{"https://api.example/v1/", "x/y", "https://api.example/v1/x/y"},
		{"https://api.example", "x", "https://api.example/x"},
		{"https://api.example/v1", "", "https://api.example/v1"},
		{"https://api.example/v1", "?a=b", "https://api.example/v1?a=b"},
		{"https://api.example/v1", "https://api.example/v1/x#frag", "https://api.example/v1/x"},
		{"https://api.example/v1", "HTTPS://API.example:443/x", "https://api.example/x"},
		{"https://api.example:8443/v2", "https://api.example:8443/x", "https://api.example:8443/x"},
		{"https://me:secret@api.example/v1", "x", "https://api.example/v1/x"},
		{"https://api.example/v1", "accounts/" + PathSegment("a/b?c:d e"), "https://api.example/v1/accounts/a%2Fb%3Fc%3Ad%20e"},
		{"https://api.example/v1", "accounts/" + PathSegment(".."), "https://api.example/v1/accounts/%2E%2E"},

		{"https://api.example/v1", "https://evil.example/x", ""},
		{"https://api.example/v1", "//evil.example/x", ""},
		{"https://api.example/v1", "http://api.example/v1/x", ""},
		{"https://api.example/v1", "https://api.example:8443/x", ""},
		{"https://api.example/v1", "https://api.example@evil.example/x", ""},
		{"https://api.example/v1", "https://api.example.evil.example/x", ""},
		{"https://api.example/v1", "https://me@api.example/x", ""},
		{"https://api.example/v1", "https:api.example/x", ""},
		{"https://api.example/v1", "mailto:x", ""},
		{"https://api.example/v1", "/x\x7f?token=hidden", ""},
		{"https://api.example/v1", "/%zz?token=hidden", ""},
	} {
		provider := &stage{script: script{"200||{}"}}
		c := provider.on(func(o *Options) { o.Base = mustParse(test.base) })
		err := c.Get(t.Context(), test.ref, nil, nil)
		switch {
		case test.want == "" && (err == nil || provider.sent() != 0):
			t.Errorf("%q is sent", test.ref)
		case test.want == "":
			if e := asError(t, err); e.Attempts != 0 || strings.Contains(err.Error(), "hidden") {
				t.Errorf("%q: %v", test.ref, err)
			}
		case err != nil:
			t.Errorf("%q: %v", test.ref, err)
		case provider.seen[0].URL.String() != test.want:
			t.Errorf("%q becomes %s, want %s", test.ref, provider.seen[0].URL, test.want)
		}
	}
}

func TestRedirects(t *testing.T) {
	var stolen atomic.Int32
	evil := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(evil.Close)

	var n atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		if r.Header.Get("X-Auth-Token") != "secret" {
			t.Error("redirected without the credential")
		}
		switch r.URL.Path {
		case "/evil":
			http.Redirect(w, r, evil.URL+"/x?token=hidden", http.StatusFound)
		case "/tls":
			http.Redirect(w, r, "https://"+r.Host+"/x", http.StatusMovedPermanently)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusTemporaryRedirect)
		case "/user":
			http.Redirect(w, r, "http://me:hidden@"+r.Host+"/end", http.StatusFound)
		case "/garbage":
			w.Header().Set("Location", "http://%zz/?token=hidden")
			w.WriteHeader(http.StatusFound)
		case "/here", "/put":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/put307":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		default:
			body, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s %s %s", r.Method, body, r.Header.Get("Authorization"))
		}
	}, func(o *Options) {
		o.Authorize = func(r *http.Request) error { r.Header.Set("X-Auth-Token", "secret"); return nil }
	})
	for _, test := range []struct {
		method, path, want string // in the body, or in the error
		sent               int32
	}{
		{"GET", "/here", "GET  ", 2},
		{"GET", "/user", "GET  ", 2},
		{"PUT", "/put307", "PUT {} ", 2},
		{"PUT", "/put", "turn the request into a GET", 1},
		{"GET", "/evil", "it leads to " + evil.URL + ", where nothing was sent", 1},
		{"GET", "/tls", "it leads to https://127.0.0.1", 1},
		{"GET", "/loop", "more than 5 redirects", 6},
	} {
		n.Store(0)
		r := Request{Method: test.method, Ref: test.path}
		if test.method == "PUT" {
			r.Body = []byte("{}")
		}
		var got string
		err := c.Do(t.Context(), r, func(resp *http.Response) error {
			body, err := io.ReadAll(resp.Body)
			got = string(body)
			return err
		})
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, test.want) || err == nil && got != test.want || strings.Contains(got, "hidden") || n.Load() != test.sent {
			t.Errorf("%s %s: %q after %d requests, want %q after %d", test.method, test.path, got, n.Load(), test.want, test.sent)
		}
	}
	if err := c.Get(t.Context(), "/garbage", nil, nil); err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("an unreadable redirect: %v", err)
	}
	var host *HostError
	if err := c.Get(t.Context(), "/evil", nil, nil); !errors.As(err, &host) || host.Host != evil.URL {
		t.Errorf("%v does not name the other host", err)
	}
	if stolen.Load() != 0 {
		t.Errorf("%d requests reached another host", stolen.Load())
	}
}
