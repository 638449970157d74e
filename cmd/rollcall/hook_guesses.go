package main

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Whoever has the right password is always let in at once, whatever others try
// from the same address: behind a proxy all have one. Wrong passwords get slow.
const (
	// guessBurst is how many wrong passwords of a peer are answered at once; a
	// provider that was given a wrong one tries a few times.
	guessBurst = 20

	// guessRate is how many more that are per second.
	guessRate = 1

	// guessDelay is how long the answer to any further one takes.
	guessDelay = 250 * time.Millisecond

	// retryGuess is the Retry-After of such an answer, in seconds.
	retryGuess = "10"

	// guessPeers is how many peers are remembered.
	guessPeers = 1000

	// complainEvery is how often the log says the same about a webhook.
	complainEvery = 30 * time.Second
)

// guesses are the wrong passwords that were given to webhooks.
type guesses struct {
	delayed chan struct{} // a token per answer that is delayed

	mu         sync.Mutex
	peers      map[string]*rate.Limiter
	complaints map[string]time.Time // by subject, of which there are a few per webhook
	unsaid     map[string]int       // wrong passwords since the last complaint
}

func newGuesses(delayed int) *guesses {
	return &guesses{
		delayed: make(chan struct{}, delayed),
		peers:   map[string]*rate.Limiter{}, complaints: map[string]time.Time{}, unsaid: map[string]int{},
	}
}

// complain reports whether the log should say something about a subject again.
func (g *guesses) complain(subject string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.isDue(subject)
}

func (g *guesses) isDue(subject string) bool {
	if last, said := g.complaints[subject]; said && time.Since(last) < complainEvery {
		return false
	}
	g.complaints[subject] = time.Now()
	return true
}

// note counts a wrong password. It returns whether the peer has tried too many,
// and how many the log should report now, 0 for none.
func (g *guesses) note(source, peer string) (tooMany bool, report int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := source + " " + peer
	limiter, known := g.peers[key]
	if !known {
		for other := range g.peers {
			if len(g.peers) < guessPeers {
				break
			}
			delete(g.peers, other) // any one: who comes from a thousand addresses is not slowed down by one
		}
		limiter = rate.NewLimiter(guessRate, guessBurst)
		g.peers[key] = limiter
	}
	g.unsaid[source]++
	if g.isDue("wrong " + source) {
		report, g.unsaid[source] = g.unsaid[source], 0
	}
	return !limiter.Allow(), report
}

// delay keeps a peer waiting, also one that hangs up. Of too many at once it
// keeps none: they would take the place of deliveries.
func (g *guesses) delay() {
	select {
	case g.delayed <- struct{}{}:
		<-time.After(guessDelay)
		<-g.delayed
	default:
	}
}

// refuse answers a wrong user or password.
func (d *daemon) refuse(h *hook, r *http.Request) (status int, text string) {
	peer := peerOf(r.RemoteAddr)
	tooMany, report := d.guesses.note(h.Name, peer)
	if report > 0 {
		d.log.Warn("wrong user or password for a webhook; check HOOK_USERNAME and HOOK_PASSWORD at the provider, or who this is",
			"source", h.Name, "peer", peer, "attempts", report)
	}
	if tooMany {
		d.guesses.delay()
		return http.StatusTooManyRequests, "too many wrong passwords"
	}
	return http.StatusUnauthorized, "wrong user or password"
}

// peerOf is the address of a peer without its port; of IPv6 its network, in
// which a peer can choose among addresses.
func peerOf(remote string) string {
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	ip := addr.Addr().Unmap().WithZone("")
	if ip.Is6() {
		network, _ := ip.Prefix(64)
		return network.String()
	}
	return ip.String()
}
