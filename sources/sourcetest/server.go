package sourcetest

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// A Server answers from a script. It is an http.RoundTripper: nothing goes over
// a network, so it works in a bubble of testing/synctest.
type Server struct {
	// Override answers a request instead of the script, where it returns an
	// answer. The request is named as in a script.
	Override func(request string, r *http.Request) *Answer

	mu         sync.Mutex
	script     Script
	used       []bool
	requests   []string
	foreign    []string
	unscripted []string
	open       int
}

// NewServer returns a server of that script.
func NewServer(script Script) *Server {
	return &Server{script: script, used: make([]bool, len(script))}
}

// Requests names the requests so far, in their order, as in a script.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count returns how often that request was made.
func (s *Server) Count(request string) int {
	return len(slices.DeleteFunc(s.Requests(), func(r string) bool { return r != request }))
}

// RoundTrip answers one request.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	if err := context.Cause(r.Context()); err != nil {
		return nil, err
	}
	a := s.answer(r)
	if a.Silent {
		<-r.Context().Done()
		return nil, context.Cause(r.Context())
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	header := a.Header.Clone()
	if header == nil {
		header = http.Header{"Content-Type": {"application/json"}}
	}
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	return &http.Response{
		Status: http.StatusText(status), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, ContentLength: -1, Request: r,
		Body: &body{server: s, ctx: r.Context(), rest: strings.NewReader(a.Body), cut: a.Cut, stall: a.Stall},
	}, nil
}

func (s *Server) answer(r *http.Request) Answer {
	request := name(r.Method, r.URL)
	s.mu.Lock()
	s.requests = append(s.requests, request)
	if r.URL.Scheme != "https" || r.URL.Host != Host {
		s.foreign = append(s.foreign, r.URL.Scheme+"://"+r.URL.Host)
	}
	s.mu.Unlock()
	if s.Override != nil {
		if a := s.Override(request, r); a != nil {
			return *a
		}
	}
	return s.scriptedFor(request, r.Header)
}

// scriptedFor takes the script's answer to a request.
func (s *Server) scriptedFor(request string, header http.Header) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := -1
	for _, query := range []bool{true, false} {
		for i, e := range s.script {
			if !e.matches(request, header, query) {
				continue
			}
			last = i
			if !s.used[i] {
				s.used[i] = true
				return e.Answer
			}
		}
		if last >= 0 {
			return s.script[last].Answer
		}
	}
	s.unscripted = append(s.unscripted, request)
	return Answer{Status: http.StatusNotFound, Body: `{"message":"not in the script"}`}
}

// matches reports whether the entry answers the request, with its query or with
// any.
func (e Entry) matches(request string, header http.Header, query bool) bool {
	if !query {
		request, _, _ = strings.Cut(request, "?")
	}
	if e.Request != request {
		return false
	}
	name, want, ok := strings.Cut(e.Header, ":")
	return !ok || strings.Contains(strings.Join(header.Values(name), "; "), strings.TrimSpace(want))
}

func name(method string, u *url.URL) string {
	ref := u.EscapedPath()
	if u.RawQuery != "" {
		ref += "?" + u.RawQuery
	}
	return key(method, ref)
}

// A body is an answer's, which counts as open until it is closed.
type body struct {
	server *Server
	ctx    context.Context
	rest   *strings.Reader
	cut    bool
	stall  bool
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	if err := context.Cause(b.ctx); err != nil {
		return 0, err
	}
	n, err := b.rest.Read(p)
	if err != io.EOF {
		return n, err
	}
	if b.stall {
		<-b.ctx.Done()
		return 0, context.Cause(b.ctx)
	}
	if b.cut {
		return 0, io.ErrUnexpectedEOF
	}
	return 0, io.EOF
}

func (b *body) Close() error {
	b.server.mu.Lock()
	defer b.server.mu.Unlock()
	if !b.closed {
		b.closed = true
		b.server.open--
	}
	return nil
}

// Over returns a transport that calls h, such as a simulated provider, in
// memory.
func Over(h http.Handler) http.RoundTripper { return over{h} }

type over struct{ handler http.Handler }

func (o over) RoundTrip(r *http.Request) (*http.Response, error) {
	in := httptest.NewRequest(r.Method, r.URL.String(), r.Body).WithContext(r.Context())
	in.Header = r.Header.Clone()
	recorder := httptest.NewRecorder()
	o.handler.ServeHTTP(recorder, in)
	res := recorder.Result()
	res.Request = r
	return res, nil
}
