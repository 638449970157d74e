package proxy

import (
	"bufio"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A protocol splits both directions of a connection into messages, with their bytes.
type protocol interface {
	fromClient(r *bufio.Reader) (Message, []byte, error)
	fromServer(r *bufio.Reader) (Message, []byte, error)
}

// A link is one connection by way of the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	over           chan struct{} // closed once it is cut
	once           sync.Once

	disturbed bool        // by a lasting fault; guarded by the proxy
	hole      atomic.Bool // nothing is passed on
	deaf      atomic.Bool // of the server's next answer nothing is passed on, and then it ends
}

// A stream is what goes one way.
type stream struct {
	link  *link
	to    *bufio.Writer
	drips int // messages that drip
}

func (l *link) run(p protocol) {
	var pumps sync.WaitGroup
	pumps.Go(func() { l.pump(l.client, l.server, p.fromClient) })
	pumps.Go(func() { l.pump(l.server, l.client, p.fromServer) })
	pumps.Wait()
}

// cut closes both ends, whatever is on its way.
func (l *link) cut() {
	l.once.Do(func() { close(l.over) })
	l.client.Close()
	l.server.Close()
}

// end cuts the link, though not a black hole: neither side learns that the
// other one has gone.
func (l *link) end() {
	if l.hole.Load() {
		<-l.over
	}
	l.cut()
}

// pump passes on what one side says until the link ends.
func (l *link) pump(from io.Reader, to io.Writer, next func(*bufio.Reader) (Message, []byte, error)) {
	defer l.end()
	r := bufio.NewReaderSize(from, 64<<10)
	s := &stream{link: l, to: bufio.NewWriterSize(to, 64<<10)}
	for {
		m, raw, err := next(r)
		if err != nil || !s.take(m, raw) {
			_ = s.to.Flush()
			return
		}
		if r.Buffered() == 0 && s.to.Flush() != nil {
			return
		}
	}
}

// take passes one message on, or lets a fault have it. It returns false where
// the link ends.
func (s *stream) take(m Message, raw []byte) bool {
	l := s.link
	switch {
	case l.hole.Load():
		return true
	case l.deaf.Load() && m.FromServer:
		return m.Kind != readyForQuery
	}
	if fault := l.proxy.meet(l, m); fault != nil {
		defer l.proxy.doing.Done()
		return s.to.Flush() == nil && fault.do.do(l, s, raw)
	}
	if s.drips > 0 {
		return s.drip(raw)
	}
	return s.pass(raw)
}

func (s *stream) pass(raw []byte) bool {
	_, err := s.to.Write(raw)
	return err == nil
}

func (s *stream) drip(raw []byte) bool {
	s.drips--
	for size := 1 + len(raw)/dripPieces; len(raw) > 0; {
		n := min(size, len(raw))
		if !s.pass(raw[:n]) || s.to.Flush() != nil || !s.link.sleep(dripPause) {
			return false
		}
		raw = raw[n:]
	}
	return true
}

// sleep waits, and returns false where the link ends meanwhile.
func (l *link) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.over:
		return false
	}
}
