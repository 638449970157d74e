package simulate

import (
	"maps"
	"net/http"
	"strings"
	"sync"
)

// Stats counts the requests of a server. It is safe for concurrent use.
type Stats struct {
	mu         sync.Mutex
	idle       sync.Cond // signalled as requests end
	inFlight   int
	peak       int
	requests   int
	routes     map[string]int
	fired      map[string]int
	violations []string
}

// Requests is how many requests have arrived.
func (s *Stats) Requests() int { return read(s, func() int { return s.requests }) }

// Peak is the highest number of requests in flight at once.
func (s *Stats) Peak() int { return read(s, func() int { return s.peak }) }

// Routes counts requests by method and path, ids replaced by {id}.
func (s *Stats) Routes() map[string]int {
	return read(s, func() map[string]int { return maps.Clone(s.routes) })
}

// Fired counts the faults that took place, by their action's name.
func (s *Stats) Fired() map[string]int {
	return read(s, func() map[string]int { return maps.Clone(s.fired) })
}

// Violations names the requests that a reader must never make: all but GET,
// and PUT of api_auth. They were answered 405.
func (s *Stats) Violations() []string {
	return read(s, func() []string { return append([]string(nil), s.violations...) })
}

// ResetStats forgets all counts.
func (s *Stats) ResetStats() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peak, s.requests = s.inFlight, s.inFlight
	s.routes, s.fired, s.violations = nil, nil, nil
}

func read[T any](s *Stats, get func() T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return get()
}

// allowed reports whether a reader may ask this.
func allowed(r *http.Request) bool {
	return r.Method == http.MethodGet ||
		r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/api_auth")
}

func (s *Stats) begin(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
	if s.routes == nil {
		s.routes = map[string]int{}
	}
	s.routes[r.Method+" "+route(r.URL.Path)]++
	if !allowed(r) {
		s.violations = append(s.violations, r.Method+" "+r.URL.Path)
	}
}

func (s *Stats) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
	if s.inFlight == 0 && s.idle.L != nil {
		s.idle.Broadcast()
	}
}

// wait returns when no request is in flight.
func (s *Stats) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle.L == nil {
		s.idle.L = &s.mu
	}
	for s.inFlight > 0 {
		s.idle.Wait()
	}
}

func (s *Stats) fire(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fired == nil {
		s.fired = map[string]int{}
	}
	s.fired[name]++
}

// words are the path segments of all dialects that are no ids.
var words = map[string]bool{
	"api": true, "laml": true, "2010-04-01": true, "Accounts": true, "Accounts.json": true, "2.0": true,
	"resellers": true, "accounts": true, "v1": true, "v2": true, "auth": true, "account": true,
	"networks": true, "descendants": true, "children": true, "parent": true, "api_auth": true, "": true,
}

// route is a path with its ids replaced, so that counts by path stay few.
func route(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if !words[p] {
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}
