package simulate

import (
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"sync"
)

// Faults wraps a dialect: it counts requests, refuses those that a reader must
// never make, and answers wrongly where a [Rule] says so. It is
// safe for concurrent use, and rules may be added while it serves.
type Faults struct {
	next http.Handler
	Stats

	mu    sync.Mutex
	rules []*Rule
}

// NewFaults wraps a dialect.
func NewFaults(next http.Handler) *Faults { return &Faults{next: next} }

// A Match says which requests a rule is for.
type Match func(*http.Request) bool

// A Rule applies actions to the requests it matches. Without a limit it
// applies to each of them, until it is stopped.
type Rule struct {
	faults *Faults
	match  Match

	skip, times int // times < 0: no limit
	seed        uint64
	rate        float64 // 0: always
	atMost      int
	byURI       map[string]*draws

	actions []Action
	fired   int
	stopped bool
}

// draws count the random faults of one URI.
type draws struct{ asked, fired int }

// On begins a rule; it takes effect with Do.
func (f *Faults) On(match Match) *Rule { return &Rule{faults: f, match: match, times: -1} }

// Skip lets the first n matching requests pass.
func (r *Rule) Skip(n int) *Rule { r.skip = n; return r }

// Times ends the rule after n firings.
func (r *Rule) Times(n int) *Rule { r.times = n; return r }

// Odds makes the rule fire at random: on a share of the matching requests
// between 0 and 1, and at most atMost times (0: any number) for one URI, so
// that a reader's tries outlast it. What happens to the nth request for a URI
// depends on seed, URI and n alone, not on the order in which requests arrive.
func (r *Rule) Odds(seed uint64, share float64, atMost int) *Rule {
	r.seed, r.rate, r.atMost = seed, share, atMost
	r.byURI = map[string]*draws{}
	return r
}

// Do puts the rule into force. One action is repeated. Several are a script,
// one a firing, and then the rule ends; with Odds, one of them is drawn.
func (r *Rule) Do(actions ...Action) *Rule {
	r.actions = actions
	if len(actions) > 1 && r.byURI == nil && r.times < 0 {
		r.times = len(actions)
	}
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	r.faults.rules = append(r.faults.rules, r)
	return r
}

// Fired is how often the rule has been applied.
func (r *Rule) Fired() int {
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	return r.fired
}

// Stop ends the rule.
func (r *Rule) Stop() {
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	r.stopped = true
}

// Clear ends all rules.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = nil
}

// ServeHTTP implements http.Handler.
func (f *Faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.begin(r)
	defer f.end()
	if !allowed(r) {
		w.Header().Set("Allow", http.MethodGet)
		send(w, http.StatusMethodNotAllowed, f.ErrorBody(http.StatusMethodNotAllowed))
		return
	}
	f.mu.Lock()
	rules := f.rules // only ever appended to, or replaced
	f.mu.Unlock()
	f.serve(rules, w, r)
}

// serve applies the rules that match, each around those after it, so that
// latency and a later error add up.
func (f *Faults) serve(rules []*Rule, w http.ResponseWriter, r *http.Request) {
	for i, rule := range rules {
		if action, ok := rule.take(r); ok {
			f.fire(action.Name)
			action.do(w, r, rest{f, rules[i+1:]})
			return
		}
	}
	f.next.ServeHTTP(w, r)
}

// rest is what an action stands before.
type rest struct {
	*Faults
	rules []*Rule
}

func (n rest) ServeHTTP(w http.ResponseWriter, r *http.Request) { n.serve(n.rules, w, r) }

// take decides about one request.
func (r *Rule) take(req *http.Request) (Action, bool) {
	if !r.match(req) {
		return Action{}, false
	}
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	if r.stopped || r.times == 0 || len(r.actions) == 0 {
		return Action{}, false
	}
	if r.skip > 0 {
		r.skip--
		return Action{}, false
	}
	action := r.actions[r.fired%len(r.actions)]
	if r.byURI != nil {
		var ok bool
		if action, ok = r.draw(req); !ok {
			return Action{}, false
		}
	}
	r.fired++
	if r.times > 0 {
		r.times--
	}
	return action, true
}

// draw throws the dice for one request.
func (r *Rule) draw(req *http.Request) (Action, bool) {
	uri := req.Method + " " + req.URL.RequestURI()
	l := r.byURI[uri]
	if l == nil {
		l = &draws{}
		r.byURI[uri] = l
	}
	l.asked++
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(uri))
	dice := rand.New(rand.NewPCG(r.seed, hash.Sum64()+uint64(l.asked)))
	if dice.Float64() >= r.rate || r.atMost > 0 && l.fired >= r.atMost {
		return Action{}, false
	}
	l.fired++
	return r.actions[dice.IntN(len(r.actions))], true
}

// ErrorBody is the dialect's own error body.
func (f *Faults) ErrorBody(status int) []byte { return errorBody(f.next, status) }

func errorBody(h http.Handler, status int) []byte {
	if d, ok := h.(interface{ ErrorBody(int) []byte }); ok {
		return d.ErrorBody(status)
	}
	return []byte(`{"error":"` + http.StatusText(status) + `"}`)
}
