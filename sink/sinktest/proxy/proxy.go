// Package proxy is a TCP proxy for tests, before Postgres or a provider. It fails where
// a test says: in the middle of a COPY, of the applying transaction or of a body, or
// between a commit and its response.
//
// A message decides the moment, never a clock, so that a fault can be repeated.
package proxy

import (
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"sync"
)

// A TB is the part of testing.TB that a proxy needs; the cases of a property
// have it too.
type TB interface {
	Helper()
	Cleanup(f func())
	Fatal(args ...any)
}

// A Proxy passes connections on to one server until the end of its test. It is
// safe for concurrent use.
type Proxy struct {
	network, address string // of the server
	protocol         func() protocol
	listener         net.Listener
	running          sync.WaitGroup

	mu     sync.Mutex
	closed bool
	links  map[*link]bool
	steps  int  // messages that Step matches
	refuse int  // so many connections to come
	parted bool // connections to come are black holes
	faults []*Fault
	fired  map[string]int
	doing  sync.WaitGroup // running effects
}

// Postgres starts a proxy before the server of a database and returns the
// database's URL by way of it. The server must do without TLS.
func Postgres(tb TB, databaseURL string) (p *Proxy, through string) {
	tb.Helper()
	u, network, address := Server(tb, databaseURL)
	p = start(tb, network, address, func() protocol { return &postgres{} })
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

// Server splits a database's URL: the address of the server, and the URL for a proxy,
// which sets its own host.
func Server(tb TB, databaseURL string) (u *url.URL, network, address string) {
	tb.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal("proxy: the database's URL cannot be read") // err would repeat its password
	}
	network, address = "tcp", u.Host
	if u.Port() == "" {
		address = net.JoinHostPort(u.Hostname(), "5432")
	}
	q := u.Query()
	if dir := q.Get("host"); filepath.IsAbs(dir) {
		network, address = "unix", filepath.Join(dir, ".s.PGSQL.5432")
	}
	q.Del("host")
	q.Set("sslmode", "disable")
	u.RawQuery = q.Encode()
	return u, network, address
}

// HTTP starts a proxy before a provider and returns the base URL by way of it.
func HTTP(tb TB, baseURL string) (p *Proxy, through string) {
	tb.Helper()
	u, err := url.Parse(baseURL)
	if err != nil {
		tb.Fatal("proxy: ", err)
	}
	p = start(tb, "tcp", u.Host, func() protocol { return &http{} })
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

func start(tb TB, network, address string, speaks func() protocol) *Proxy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal("proxy: ", err)
	}
	p := &Proxy{network: network, address: address, protocol: speaks, listener: listener, links: map[*link]bool{}, fired: map[string]int{}}
	p.running.Go(p.accept)
	tb.Cleanup(p.close)
	return p
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // it was closed
		}
		p.running.Go(func() { p.connect(client) })
	}
}

// connect passes one connection on until either side ends it.
func (p *Proxy) connect(client net.Conn) {
	defer client.Close()
	if p.refuses() {
		return
	}
	server, err := net.Dial(p.network, p.address)
	if err != nil {
		return // a server that is down
	}
	defer server.Close()
	l := &link{proxy: p, client: client, server: server, over: make(chan struct{})}
	p.mu.Lock()
	open := !p.closed
	if open {
		p.links[l] = true
		l.disturbed = p.parted
		l.hole.Store(p.parted)
	}
	p.mu.Unlock()
	if open {
		l.run(p.protocol())
	}
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
}

func (p *Proxy) refuses() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse > 0 {
		p.refuse--
		return true
	}
	return false
}

func (p *Proxy) close() {
	p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.CutAll()
	p.running.Wait()
}

// CutAll cuts all connections.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// Clear ends the faults: it drops those that did not happen, waits for running ones, cuts
// disturbed connections, and lets new ones pass.
func (p *Proxy) Clear() {
	p.mu.Lock()
	p.faults, p.refuse, p.parted = nil, 0, false
	for l := range p.links {
		if l.disturbed {
			l.cut()
		}
	}
	p.mu.Unlock()
	p.doing.Wait()
}

// Steps is how many messages Step has matched so far.
func (p *Proxy) Steps() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.steps
}

// Fired counts the faults that took place, by the name of their effect.
func (p *Proxy) Fired() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.fired)
}
