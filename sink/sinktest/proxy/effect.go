package proxy

import (
	"time"
)

// An Effect is what a fault does to a connection, beginning with one message.
type Effect struct {
	Name    string
	lasting bool // until Clear
	// do returns false where the connection ends. The message was not passed on.
	do func(l *link, s *stream, raw []byte) bool
}

// Cut closes the connection; nothing of the message arrives.
func Cut() Effect {
	return Effect{Name: "cut", do: func(*link, *stream, []byte) bool { return false }}
}

// CutHalfway closes the connection after half of the message.
func CutHalfway() Effect {
	return Effect{Name: "cut halfway", do: func(_ *link, s *stream, raw []byte) bool {
		s.pass(raw[:len(raw)/2])
		return false
	}}
}

// CutAfter closes the connection once the message has been passed on.
func CutAfter() Effect {
	return Effect{Name: "cut after", do: func(_ *link, s *stream, raw []byte) bool {
		s.pass(raw)
		return false
	}}
}

// LoseAnswer passes a statement on, waits until Postgres has answered it, keeps
// the answer and closes the connection.
func LoseAnswer() Effect {
	return Effect{Name: "lost answer", do: func(l *link, s *stream, raw []byte) bool {
		l.deaf.Store(true)
		return s.pass(raw)
	}}
}

// Delay passes the message on later.
func Delay(d time.Duration) Effect {
	return Effect{Name: "delay", do: func(l *link, s *stream, raw []byte) bool {
		return l.sleep(d) && s.pass(raw)
	}}
}

// BlackHole swallows the message and all that either side says from then on,
// and leaves the connection open until Clear.
func BlackHole() Effect {
	return Effect{Name: "black hole", lasting: true, do: func(l *link, _ *stream, _ []byte) bool {
		l.hole.Store(true)
		return true
	}}
}

// Partition makes a black hole of every connection, also of those to come, until
// Clear.
func Partition() Effect {
	return Effect{Name: "partition", lasting: true, do: func(l *link, _ *stream, _ []byte) bool {
		p := l.proxy
		p.mu.Lock()
		defer p.mu.Unlock()
		p.parted = true
		for other := range p.links {
			other.disturbed = true
			other.hole.Store(true)
		}
		return true
	}}
}

const (
	// dripPieces is into how many pieces a dripping message is cut at most.
	dripPieces = 20
	// dripPause is the pause between two of them.
	dripPause = time.Millisecond
	// dripMessages is how many messages drip: a fault without an end would stall the
	// test.
	dripMessages = 50
)

// Drip passes the message and those after it on in small pieces, with a pause
// between any two.
func Drip() Effect {
	return Effect{Name: "slow drip", do: func(l *link, s *stream, raw []byte) bool {
		s.drips = dripMessages
		return s.drip(raw)
	}}
}

// Away cuts all connections and refuses the next n.
func Away(n int) Effect {
	return Effect{Name: "away", do: func(l *link, _ *stream, _ []byte) bool {
		l.proxy.mu.Lock()
		l.proxy.refuse = n
		l.proxy.mu.Unlock()
		l.proxy.CutAll()
		return false
	}}
}

// Call runs f, such as the end of a process, and then passes the message on.
func Call(name string, f func()) Effect {
	return Effect{Name: name, do: func(_ *link, s *stream, raw []byte) bool {
		f()
		return s.pass(raw)
	}}
}
