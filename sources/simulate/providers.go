package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A ProviderSet is the four providers, each with a world of its own, on loopback
// ports: the demo reads from it. Every third account is that of a customer whom the
// other providers have too, with the same name, e-mail address, domain and phone.
type ProviderSet struct {
	SignalWire, Agendize, Backstack, Audian *World

	Servers map[string]*Server // by connection name

	sessions []string
	shapes   map[string]Shape
}

// The names of the connections, which are those of their providers.
var providerNames = []string{"signalwire", "agendize", "backstack", "audian"}

// The credentials that the servers accept.
const (
	demoUser   = "b3877c40-da60-4998-90ad-b792e98472af"
	demoToken  = "PT-" + SecretMark
	demoAPIKey = "key-" + SecretMark
	demoAppKey = "app-" + SecretMark
)

// backstackMost is how many accounts the demo's Backstack has at most: each
// costs a session, and no one holds thousands of those.
const backstackMost = 100

// Start starts the four providers with n accounts in all, at least 4, the
// same for the same seed. The caller closes the set.
func Start(n int, seed uint64) (*ProviderSet, error) {
	s := &ProviderSet{
		SignalWire: NewWorld(), Agendize: NewWorld(), Backstack: NewWorld(), Audian: NewWorld(),
		Servers: map[string]*Server{},
		shapes: map[string]Shape{
			"signalwire": {ID: UUID, Levels: 2},
			"agendize":   {ID: AgendizeID, Levels: 1},
			"backstack":  {ID: BackstackID, Levels: 2},
			"audian":     {ID: HexID, Levels: 4, Root: HexID(0)},
		},
	}
	n = max(n, len(providerNames))
	share := map[string]int{"backstack": min(max(n/10, 1), backstackMost), "agendize": max(n/4, 1), "audian": max(n/4, 1)}
	share["signalwire"] = n - share["backstack"] - share["agendize"] - share["audian"]
	for i, name := range providerNames {
		shape := s.shapes[name]
		shape.Customers = seed
		s.shapes[name] = shape
		Populate(s.world(name), seed+uint64(i), share[name], shape)
	}
	for name, h := range s.handlers() {
		server, err := Listen(h)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.Servers[name] = server
	}
	return s, nil
}

func (s *ProviderSet) world(name string) *World {
	return map[string]*World{
		"signalwire": s.SignalWire, "agendize": s.Agendize, "backstack": s.Backstack, "audian": s.Audian,
	}[name]
}

// handlers makes the dialects. Every root of Backstack has a session, and every
// third of the accounts below: the others are known from networks alone.
func (s *ProviderSet) handlers() map[string]http.Handler {
	sessions := map[string]string{}
	for i, a := range s.Backstack.Snapshot() {
		if a.Parent == "" || i%3 == 0 {
			session := fmt.Sprintf("eyJhbGciOiJIUzI1NiJ9.%s.%s", SecretMark, a.ID)
			sessions[session] = a.ID
			s.sessions = append(s.sessions, session)
		}
	}
	return map[string]http.Handler{
		"signalwire": &SignalWire{Accounts: s.SignalWire, Project: demoUser, Token: demoToken},
		"agendize":   &Agendize{Accounts: s.Agendize, APIKey: demoAPIKey, Token: demoToken, VolatileCredit: true},
		"backstack":  &Backstack{Accounts: s.Backstack, AppKey: demoAppKey, Sessions: sessions},
		"audian":     &Kazoo{Accounts: s.Audian, Root: HexID(0), APIKey: demoAPIKey},
	}
}

// Env is the environment in which the four connections are configured.
func (s *ProviderSet) Env() map[string]string {
	url := func(name string) string { return s.Servers[name].URL }
	return map[string]string{
		"ROLLCALL_SOURCES":      strings.Join(providerNames, ","),
		"SIGNALWIRE_BASE_URL":   url("signalwire"),
		"SIGNALWIRE_PROJECT_ID": demoUser,
		"SIGNALWIRE_API_TOKEN":  demoToken,
		"AGENDIZE_BASE_URL":     url("agendize"),
		"AGENDIZE_API_KEY":      demoAPIKey,
		"AGENDIZE_TOKEN":        demoToken,
		"BACKSTACK_BASE_URL":    url("backstack") + "/v1/auth",
		"BACKSTACK_APP_KEY":     demoAppKey,
		"BACKSTACK_SESSIONS":    strings.Join(s.sessions, ","),
		"AUDIAN_BASE_URL":       url("audian") + "/v2",
		"AUDIAN_ACCOUNT_ID":     HexID(0),
		"AUDIAN_API_KEY":        demoAPIKey,
	}
}

// Change lets the providers change: a share of each one's accounts (at least
// one), by connection. Accounts of Backstack sessions stay, so that a change
// is never an expired session.
func (s *ProviderSet) Change(seed uint64, share float64) map[string][]Change {
	changes := map[string][]Change{}
	for i, name := range providerNames {
		w := s.world(name)
		n := max(1, int(float64(w.Len())*share))
		if name == "backstack" {
			changes[name] = s.rename(w, seed, n)
			continue
		}
		changes[name] = Churn(w, seed+uint64(i), n, s.shapes[name])
	}
	return changes
}

func (s *ProviderSet) rename(w *World, seed uint64, n int) []Change {
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
func (s *ProviderSet) Close() {
	for _, server := range s.Servers {
		server.Close()
	}
}
