package main

import (
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"

	"rollcall/sink/sinktest/proxy"
)

// A pooler is PgBouncer in transaction mode, as far as locks are concerned: every
// session of its clients is the same one of the server's, between transactions.
type pooler struct {
	t        *testing.T
	network  string
	address  string
	mu       sync.Mutex // held by the client whose transaction it is
	server   net.Conn
	greeting []byte // what the server said to the first client once it was let in
	clients  []net.Conn
	running  sync.WaitGroup
}

// pooled returns a URL that leads to the same database through a pooler.
func pooled(t *testing.T, database string) string {
	t.Helper()
	u, network, address := proxy.Server(t, database)
	p := &pooler{t: t, network: network, address: address}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.clients = append(p.clients, conn)
			p.mu.Unlock()
			p.running.Go(func() { defer conn.Close(); _ = p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		for _, conn := range p.clients {
			conn.Close()
		}
		if p.server != nil {
			p.server.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	u.Host = listener.Addr().String()
	return u.String()
}

// greet lets a client in: the first one by asking the server.
func (p *pooler) greet(client net.Conn) error {
	startup, err := proxy.ReadMessage(client, false)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		_, err := client.Write(p.greeting)
		return err
	}
	if p.server, err = net.Dial(p.network, p.address); err != nil {
		return err
	}
	if _, err := p.server.Write(startup); err != nil {
		return err
	}
	for {
		m, err := proxy.ReadMessage(p.server, true)
		if err != nil {
			return err
		}
		if _, err := client.Write(m); err != nil {
			return err
		}
		if m[0] == 'R' && binary.BigEndian.Uint32(m[5:]) != 0 {
			return errors.New("the tests' server wants a password")
		}
		if p.greeting = append(p.greeting, m...); m[0] == 'Z' {
			return nil
		}
	}
}

func (p *pooler) serve(client net.Conn) error {
	if err := p.greet(client); err != nil {
		return err
	}
	mine := false
	defer func() {
		if mine {
			p.mu.Unlock()
		}
	}()
	for {
		m, err := proxy.ReadMessage(client, true)
		if err != nil || m[0] == 'X' {
			return err
		}
		if !mine {
			p.mu.Lock()
			mine = true
		}
		if _, err := p.server.Write(m); err != nil {
			return err
		}
		if !slices.Contains([]byte{'Q', 'S'}, m[0]) {
			continue
		}
		for m = nil; m == nil || m[0] != 'Z'; {
			if m, err = proxy.ReadMessage(p.server, true); err != nil {
				return err
			}
			if _, err := client.Write(m); err != nil {
				return err
			}
		}
		if m[5] == 'I' { // no transaction is open: anyone's turn
			mine = false
			p.mu.Unlock()
		}
	}
}
