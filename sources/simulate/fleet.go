package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A ProviderSet is the four providers, each with a world of its own, on loopback
// ports: what the demo reads from.
type ProviderSet struct {
	SignalWire, Agendize, Backstack, Audian *World

	Servers map[string]*Server // by connection name

	sessions []string
	shapes   map[string]Shape
}

// Names of a fleet's connections, which are those of their providers.
var fleetNames = []string{"signalwire", "agendize", "backstack", "audian"}

// The credentials that a fleet's servers accept.
const (
	fleetUser   = "b3877c40-da60-4998-90ad-b792e98472af"
	fleetToken  = "PT-" + SecretMark
	fleetAPIKey = "key-" + SecretMark
	fleetAppKey = "app-" + SecretMark
)

// backstackMost is how many accounts the demo's Backstack has at most: each
// costs a session, and no one holds thousands of those.
const backstackMost = 100

// Start starts the four providers with n accounts in all, at least 4, the
// same for the same seed. The caller closes the fleet.
func Start(n int, seed uint64) (*ProviderSet, error) {
	f := &ProviderSet{
		SignalWire: NewWorld(), Agendize: NewWorld(), Backstack: NewWorld(), Audian: NewWorld(),
		Servers: map[string]*Server{},
		shapes: map[string]Shape{
			"signalwire": {ID: UUID, Levels: 2},
			"agendize":   {ID: AgendizeID, Levels: 1},
			"backstack":  {ID: BackstackID, Levels: 2},
			"audian":     {ID: HexID, Levels: 4, Root: HexID(0)},
		},
	}
	n = max(n, len(fleetNames))
	share := map[string]int{"backstack": min(max(n/10, 1), backstackMost), "agendize": max(n/4, 1), "audian": max(n/4, 1)}
	share["signalwire"] = n - share["backstack"] - share["agendize"] - share["audian"]
	for i, name := range fleetNames {
		Populate(f.world(name), seed+uint64(i), share[name], f.shapes[name])
	}
	for name, h := range f.handlers() {
		server, err := Listen(Gzip(h))
		if err != nil {
			f.Close()
			return nil, err
		}
		f.Servers[name] = server
	}
	return f, nil
}

func (f *ProviderSet) world(name string) *World {
	return map[string]*World{
		"signalwire": f.SignalWire, "agendize": f.Agendize, "backstack": f.Backstack, "audian": f.Audian,
	}[name]
}

// handlers makes the dialects. Every root of Backstack has a session, and every
// third of the accounts below: the others are known from networks alone.
func (f *ProviderSet) handlers() map[string]http.Handler {
	sessions := map[string]string{}
	for i, a := range f.Backstack.Snapshot() {
		if a.Parent == "" || i%3 == 0 {
			session := fmt.Sprintf("eyJhbGciOiJIUzI1NiJ9.%s.%s", SecretMark, a.ID)
			sessions[session] = a.ID
			f.sessions = append(f.sessions, session)
		}
	}
	return map[string]http.Handler{
		"signalwire": &SignalWire{Accounts: f.SignalWire, Project: fleetUser, Token: fleetToken},
		"agendize":   &Agendize{Accounts: f.Agendize, APIKey: fleetAPIKey, Token: fleetToken, VolatileCredit: true},
		"backstack":  &Backstack{Accounts: f.Backstack, AppKey: fleetAppKey, Sessions: sessions},
		"audian":     &Kazoo{Accounts: f.Audian, Root: HexID(0), APIKey: fleetAPIKey},
	}
}

// Env is the environment in which the four connections are configured.
func (f *ProviderSet) Env() map[string]string {
	url := func(name string) string { return f.Servers[name].URL }
	return map[string]string{
		"ROLLCALL_SOURCES":      strings.Join(fleetNames, ","),
		"SIGNALWIRE_BASE_URL":   url("signalwire"),
		"SIGNALWIRE_PROJECT_ID": fleetUser,
		"SIGNALWIRE_API_TOKEN":  fleetToken,
		"AGENDIZE_BASE_URL":     url("agendize"),
		"AGENDIZE_API_KEY":      fleetAPIKey,
		"AGENDIZE_TOKEN":        fleetToken,
		"BACKSTACK_BASE_URL":    url("backstack") + "/v1/auth",
		"BACKSTACK_APP_KEY":     fleetAppKey,
		"BACKSTACK_SESSIONS":    strings.Join(f.sessions, ","),
		"AUDIAN_BASE_URL":       url("audian") + "/v2",
		"AUDIAN_ACCOUNT_ID":     HexID(0),
		"AUDIAN_API_KEY":        fleetAPIKey,
	}
}

// Change lets the providers change: a share of each one's accounts (at least
// one), by connection. Accounts of Backstack sessions stay, so that a change
// is never an expired session.
func (f *ProviderSet) Change(seed uint64, share float64) map[string][]Change {
	changes := map[string][]Change{}
	for i, name := range fleetNames {
		w := f.world(name)
		n := max(1, int(float64(w.Len())*share))
		if name == "backstack" {
			changes[name] = f.rename(w, seed, n)
			continue
		}
		changes[name] = Churn(w, seed+uint64(i), n, f.shapes[name])
	}
	return changes
}

func (f *ProviderSet) rename(w *World, seed uint64, n int) []Change {
	var changes []Change
	accounts := w.Snapshot()
	for i := range n {
		a := accounts[(int(seed%uint64(len(accounts)))+i*7)%len(accounts)]
		if slices.ContainsFunc(changes, func(c Change) bool { return c.ID == a.ID }) {
			continue
		}
		changes = append(changes, Change{ID: a.ID, Name: a.Name, What: alter(w, a, 0)})
	}
	return changes
}

// Close stops the servers.
func (f *ProviderSet) Close() {
	for _, s := range f.Servers {
		s.Close()
	}
}
