package proxy

import "sync"

// A Message is a message of Postgres's protocol, the head of an HTTP response or a piece
// of its body.
type Message struct {
	FromServer bool
	Kind       byte   // Postgres: the message's type, 0 at the start; HTTP: head, body or request
	Text       string // Postgres: the statement of a Query or Parse
	Runs       string // Postgres: the statement that is run once this message has come
	Said       string // Postgres: the statements of the client's open transaction, this one included
	Part       int    // its place among the pieces of one COPY or one body, from 1
}

// A Moment reports whether a fault may happen at a message. It is called once for each
// message.
type Moment func(m Message) bool

// Step is any message of Postgres's client, any head of a provider's answer.
func Step(m Message) bool {
	return !m.FromServer && m.Kind != request || m.Kind == head && m.FromServer
}

// A Fault takes place once.
type Fault struct {
	proxy *Proxy
	at    Moment
	skip  int
	do    Effect
	fired chan struct{}
	once  sync.Once
}

// Inject adds a fault for the moment, after skip other such moments.
func (p *Proxy) Inject(at Moment, skip int, do Effect) *Fault {
	f := &Fault{proxy: p, at: at, skip: skip, do: do, fired: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
	return f
}

// Fired is closed once the fault takes place.
func (f *Fault) Fired() <-chan struct{} { return f.fired }

// TookPlace reports whether it did.
func (f *Fault) TookPlace() bool {
	select {
	case <-f.fired:
		return true
	default:
		return false
	}
}

// meet returns the fault for this message on that link, or nil.
func (p *Proxy) meet(l *link, m Message) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	if Step(m) {
		p.steps++
	}
	var met *Fault
	for _, f := range p.faults {
		if f.TookPlace() || !f.at(m) {
			continue
		}
		if f.skip > 0 {
			f.skip--
		} else if met == nil {
			met = f
		}
	}
	if met != nil {
		l.disturbed = l.disturbed || met.do.lasting // before its waiters, who may call Clear at once
		p.doing.Add(1)
		met.once.Do(func() { close(met.fired) })
		p.fired[met.do.Name]++
	}
	return met
}
