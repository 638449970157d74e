package httpd

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The right password is always accepted at once, whatever others try from the same
// address: behind a proxy all clients have one. Wrong passwords become slow.
const (
	// guessBurst is how many wrong passwords of a peer are answered at once; a
	// provider with a wrong one tries a few times.
	guessBurst = 20

	// guessRate is how many more that are per second.
	guessRate = 1

	// guessDelay is how long the answer to any further one takes.
	guessDelay = 250 * time.Millisecond

	// retryGuess is the Retry-After of such an answer, in seconds.
	retryGuess = "10"

	// guessPeers is how many peers are kept.
	guessPeers = 1000

	// logEvery is how often the log has the same line about a webhook.
	logEvery = 30 * time.Second
)

// guesses counts the wrong passwords of webhooks.
type guesses struct {
	delayed chan struct{} // a token per delayed answer

	mu       sync.Mutex
	peers    map[string]*rate.Limiter
	logged   map[string]time.Time // by subject, of which there are a few per webhook
	unlogged map[string]int       // wrong passwords since the last line
}

func newGuesses(delayed int) *guesses {
	return &guesses{
		delayed: make(chan struct{}, delayed),
		peers:   map[string]*rate.Limiter{}, logged: map[string]time.Time{}, unlogged: map[string]int{},
	}
}

// shouldLog reports whether a line about a subject is due again.
func (g *guesses) shouldLog(subject string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.isDue(subject)
}

func (g *guesses) isDue(subject string) bool {
	if last, ok := g.logged[subject]; ok && time.Since(last) < logEvery {
		return false
	}
	g.logged[subject] = time.Now()
	return true
}

// count counts a wrong password. It returns whether the peer has tried too many,
// and how many the log should report now, 0 for none.
func (g *guesses) count(source, peer string) (tooMany bool, report int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := source + " " + peer
	limiter, known := g.peers[key]
	if !known {
		for other := range g.peers {
			if len(g.peers) < guessPeers {
				break
			}
			delete(g.peers, other) // any: a limit per peer does not stop a client with a thousand addresses
		}
		limiter = rate.NewLimiter(guessRate, guessBurst)
		g.peers[key] = limiter
	}
	g.unlogged[source]++
	if g.isDue("wrong " + source) {
		report, g.unlogged[source] = g.unlogged[source], 0
	}
	return !limiter.Allow(), report
}

// delay keeps a peer waiting, also one that disconnects. Above the limit it delays
// no answer: they would take the place of deliveries.
func (g *guesses) delay() {
	select {
	case g.delayed <- struct{}{}:
		<-time.After(guessDelay)
		<-g.delayed
	default:
	}
}

// refuse answers a wrong user or password.
func (s *Server) refuse(h *hook, r *http.Request) (status int, text string) {
	peer := peerOf(r.RemoteAddr)
	tooMany, report := s.guesses.count(h.Name, peer)
	if report > 0 {
		s.Log.Warn("wrong user or password for a webhook; check HOOK_USERNAME and HOOK_PASSWORD at the provider, and who the peer is",
			"source", h.Name, "peer", peer, "attempts", report)
	}
	if tooMany {
		s.guesses.delay()
		return http.StatusTooManyRequests, "too many wrong passwords"
	}
	return http.StatusUnauthorized, "wrong user or password"
}

// peerOf returns the address of a peer without its port; for IPv6 its network, in
// which a peer can choose its address.
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
