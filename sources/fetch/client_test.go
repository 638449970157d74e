package fetch

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serve starts a server and a client of it that does not wait long.
func serve(t *testing.T, handler http.HandlerFunc, change func(*Options)) *Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return clientOf(t, server, change)
}

func clientOf(t *testing.T, server *httptest.Server, change func(*Options)) *Client {
	t.Helper()
	o := Options{Base: mustParse(server.URL)}
	if change != nil {
		change(&o)
	}
	c := New(o)
	c.jitter = func(time.Duration) time.Duration { return time.Millisecond }
	t.Cleanup(c.Close)
	return c
}

func TestRequest(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s:%s %s %s %s %s", r.Method, r.URL, user, password,
			r.UserAgent(), r.Header.Get("Accept"), r.Header.Get("X-Mine"), body)
	}, func(o *Options) {
		o.UserAgent = "rollcall/1"
		o.Authorize = func(r *http.Request) error { r.SetBasicAuth("me", "secret"); return nil }
	})
	for _, test := range []struct {
		r    Request
		want string
	}{
		{Request{Ref: "/a?b=c#d", Header: http.Header{"X-Mine": {"yes"}}}, "GET /a?b=c me:secret rollcall/1 application/json yes "},
		{Request{Ref: "/a", Header: http.Header{"Accept": {"text/csv"}}}, "GET /a me:secret rollcall/1 text/csv  "},
		{Request{Method: "PUT", Ref: "api_auth", Body: []byte("{}"), Bare: true}, "PUT /api_auth : rollcall/1 application/json  {}"},
	} {
		var got []byte
		err := c.Do(t.Context(), test.r, func(resp *http.Response) (err error) {
			got, err = io.ReadAll(resp.Body)
			return err
		})
		if err != nil || string(got) != test.want {
			t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
		}
	}
}

func TestAuthorizeFails(t *testing.T) {
	mine := errors.New("mine")
	provider := &stage{script: script{"200||{}"}}
	err := provider.on(func(o *Options) { o.Authorize = func(*http.Request) error { return mine } }).Get(t.Context(), "x", nil, nil)
	if err != mine || provider.sent() != 0 {
		t.Errorf("%v after %d requests", err, provider.sent())
	}
}

func TestRenew(t *testing.T) {
	mine := errors.New("mine")
	for _, test := range []struct {
		name   string
		renew  func() (bool, error)
		script script
		bare   bool
		sent   int
		want   string
	}{
		{"repeats once", func() (bool, error) { return true, nil }, script{"401||", "200||{}"}, false, 2, ""},
		{"only once", func() (bool, error) { return true, nil }, script{"401||"}, false, 2, "401 Unauthorized"},
		{"nothing new", func() (bool, error) { return false, nil }, script{"401||"}, false, 1, "401 Unauthorized"},
		{"fails", func() (bool, error) { return false, mine }, script{"401||"}, false, 1, "mine"},
		{"not of a bare request", func() (bool, error) { return true, nil }, script{"401||"}, true, 1, "401 Unauthorized"},
		{"not at 403", func() (bool, error) { return true, nil }, script{"403||"}, false, 1, "403 Forbidden"},
	} {
		t.Run(test.name, func(t *testing.T) {
			provider := &stage{script: test.script}
			token := "old"
			c := provider.on(func(o *Options) {
				o.Concurrency = 1
				o.Authorize = func(r *http.Request) error { r.Header.Set("X-Auth-Token", token); return nil }
				o.Renew = func(_ context.Context, rejected *http.Request) (bool, error) {
					if got := rejected.Header.Get("X-Auth-Token"); got != "old" {
						t.Errorf("asked to renew %q", got)
					}
					token = "new"
					return test.renew()
				}
			})
			err := c.Do(t.Context(), Request{Ref: "x", Bare: test.bare}, nil)
			if provider.sent() != test.sent || !strings.Contains(fmt.Sprint(err), test.want) || (err == nil) != (test.want == "") {
				t.Errorf("%v after %d requests", err, provider.sent())
			}
			if last := provider.seen[len(provider.seen)-1].Header.Get("X-Auth-Token"); test.sent == 2 && last != "new" {
				t.Errorf("repeated with %q", last)
			}
		})
	}
}

// Renew itself makes a request, even where only one at a time is allowed.
func TestRenewUsesTheClient(t *testing.T) {
	provider := &stage{script: script{"401||", `201||{"auth_token":"new"}`, "200||{}"}}
	var c *Client
	c = provider.on(func(o *Options) {
		o.Concurrency = 1
		o.Renew = func(ctx context.Context, _ *http.Request) (bool, error) {
			return true, c.Do(ctx, Request{Method: http.MethodPut, Ref: "api_auth", Bare: true}, nil)
		}
	})
	if err := c.Get(t.Context(), "x", nil, nil); err != nil || provider.sent() != 3 {
		t.Errorf("%v after %d requests", err, provider.sent())
	}
}

func TestCutBodies(t *testing.T) {
	for name, cut := range map[string]func(w http.ResponseWriter){
		"shorter than announced": func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"items":[`)
		},
		"in the middle of a chunk": func(w http.ResponseWriter) {
			io.WriteString(w, `{"items":[`)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"in the middle of gzip": func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.WriteString(z, `{"items":[]}`)
			z.Flush()
		},
		"without an answer": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if n.Add(1) < 3 {
					cut(w)
					return
				}
				io.WriteString(w, `{"items":[]}`)
			}, nil)
			if err := c.Get(t.Context(), "/", nil, readList); err != nil || n.Load() != 3 {
				t.Errorf("%v after %d requests", err, n.Load())
			}
		})
	}
}

// A body that is read by other means than ours is retried just the same.
func TestCutBodyOfAnotherReader(t *testing.T) {
	var n atomic.Int32
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 1 {
			w.Header().Set("Content-Length", "100")
		}
		io.WriteString(w, "text")
	}, nil)
	err := c.Get(t.Context(), "/", nil, func(resp *http.Response) error {
		_, err := io.Copy(io.Discard, resp.Body)
		return err
	})
	if err != nil || n.Load() != 2 {
		t.Errorf("%v after %d requests", err, n.Load())
	}
}

func TestHangs(t *testing.T) {
	release := make(chan struct{})
	for name, stall := range map[string]func(w http.ResponseWriter){
		"before the header": func(http.ResponseWriter) {},
		"in the body": func(w http.ResponseWriter) {
			io.WriteString(w, `{"items":[`)
			http.NewResponseController(w).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) == 1 {
					stall(w)
					select {
					case <-r.Context().Done():
					case <-release:
					}
					return
				}
				io.WriteString(w, `{"items":[]}`)
			}, func(o *Options) { o.RequestTimeout = 200 * time.Millisecond })
			if err := c.Get(t.Context(), "/", nil, readList); err != nil || n.Load() != 2 {
				t.Errorf("%v after %d requests", err, n.Load())
			}
		})
	}
	close(release)
}

func TestGzip(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Error("gzip is not requested")
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, `{"items":["packed"]}`)
		z.Close()
	}, nil)
	var got []string
	err := c.Get(t.Context(), "/", nil, func(resp *http.Response) (err error) {
		got, _, err = readAll(resp.Body, places)
		return err
	})
	if err != nil || len(got) != 1 || got[0] != `"packed"` {
		t.Errorf("got %q, %v", got, err)
	}
}

// Connections are used again, also after errors and after answers that were not read to their end.
func TestKeepAlive(t *testing.T) {
	var connections, n atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%3 == 0 {
			w.WriteHeader(http.StatusBadGateway)
		}
		io.WriteString(w, `{"items":[]}`+strings.Repeat(" ", 20<<10))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := clientOf(t, server, nil)
	for range 10 {
		if err := c.Get(t.Context(), "/", nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections for %d requests", connections.Load(), n.Load())
	}
}

func TestHTTP2Stalls(t *testing.T) {
	var n atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("HTTP/%d", r.ProtoMajor)
		}
		io.WriteString(w, `{"items":[`)
		http.NewResponseController(w).Flush()
		if n.Add(1) == 1 {
			<-r.Context().Done()
			return
		}
		io.WriteString(w, `]}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := clientOf(t, server, func(o *Options) {
		o.RequestTimeout = 200 * time.Millisecond
		transport := newTransport(1, time.Second)
		transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		o.Transport = transport
	})
	if err := c.Get(t.Context(), "/", nil, readList); err != nil || n.Load() != 2 {
		t.Errorf("%v after %d requests", err, n.Load())
	}
}

func TestNoProxyForLoopback(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.invalid:1")
	for _, host := range []string{"localhost", "127.0.0.1:8080", "[::1]:80"} {
		proxy, err := newTransport(1, time.Second).Proxy(&http.Request{URL: &url.URL{Scheme: "http", Host: host}})
		if proxy != nil || err != nil {
			t.Errorf("%s goes by %v, %v", host, proxy, err)
		}
	}
}

func TestObserve(t *testing.T) {
	var got []string
	c := (&stage{script: script{"503||", "refused", "200||{}"}}).on(func(o *Options) {
		o.Observe = func(a Attempt) {
			got = append(got, fmt.Sprintf("%s %d: %d %v again=%v wait=%s", a.Method, a.Number, a.Status, a.Err, a.Retry, a.Wait))
		}
	})
	c.jitter = func(time.Duration) time.Duration { return time.Millisecond }
	if err := c.Get(t.Context(), "x", nil, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"GET 1: 503 503 Service Unavailable again=true wait=1ms",
		"GET 2: 0 dial tcp: connection refused again=true wait=1ms",
		"GET 3: 200 <nil> again=false wait=0s",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
