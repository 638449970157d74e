package pipeline

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"rollcall/sources/simulate"
)

// A tenant is one simulated provider and how it is connected to.
type tenant struct {
	*simulate.Faults
	provider string
	world    *simulate.World
	settings map[string]string // environment of the connection, without its prefix
	url      string
	handler  http.Handler // the dialect
	visible  func() []simulate.Account
	row      func(simulate.Account) row // the mapping, written by hand
}

// The credentials that the simulated providers take. Each carries the mark.
const (
	aToken  = "token-" + simulate.SecretMark
	aKey    = "key-" + simulate.SecretMark
	project = "b3877c40-da60-4998-90ad-b792e98472af"
	root    = "root" // the account of Kazoo's credential
)

// session is the Backstack session of an account.
func session(id string) string { return "session-" + simulate.SecretMark + "-" + id }

// newTenant starts a provider. Backstack has a session for each account whose
// id begins with "s".
func newTenant(t tester, provider string, accounts ...simulate.Account) *tenant {
	t.Helper()
	tenant := &tenant{provider: provider, world: simulate.NewWorld(accounts...)}
	path := ""
	switch provider {
	case "signalwire":
		dialect := &simulate.SignalWire{Accounts: tenant.world, Project: project, Token: aToken}
		tenant.handler, tenant.visible, tenant.row = dialect, dialect.Visible, signalWireRow
		tenant.settings = map[string]string{"PROJECT_ID": project, "API_TOKEN": aToken}
	case "agendize":
		dialect := &simulate.Agendize{Accounts: tenant.world, APIKey: aKey, Token: aToken, VolatileCredit: true}
		tenant.handler, tenant.visible, tenant.row = dialect, dialect.Visible, agendizeRow
		tenant.settings = map[string]string{"API_KEY": aKey, "TOKEN": aToken}
	case "audian", "kazoo":
		dialect := &simulate.Kazoo{Accounts: tenant.world, Root: root, APIKey: aKey, Upstream: provider == "kazoo", Gregorian: provider == "kazoo"}
		tenant.handler, tenant.visible, tenant.row = dialect, dialect.Visible, kazooRow
		tenant.settings = map[string]string{"ACCOUNT_ID": root, "API_KEY": aKey}
		path = "/v2"
	case "backstack":
		dialect := &simulate.Backstack{Accounts: tenant.world, AppKey: aKey, Sessions: map[string]string{}}
		tenant.handler, tenant.visible = dialect, dialect.Visible
		tenant.settings = map[string]string{"APP_KEY": aKey}
		tenant.openSessions(accounts)
		path = "/v1/auth"
	default:
		t.Fatalf("no simulated provider is called %q", provider)
	}
	tenant.Faults = simulate.NewFaults(tenant.handler)
	tenant.url = serve(t, hurried(tenant.Faults)) + path
	tenant.settings["BASE_URL"] = tenant.url
	t.Cleanup(func() {
		if asked := tenant.Violations(); len(asked) > 0 {
			t.Errorf("the provider was asked to do more than to be read: %v", asked)
		}
	})
	return tenant
}

// openSessions gives Backstack's accounts their sessions.
func (n *tenant) openSessions(accounts []simulate.Account) {
	dialect := n.handler.(*simulate.Backstack)
	var sessions []string
	for _, a := range accounts {
		if strings.HasPrefix(a.ID, "s") {
			dialect.Sessions[session(a.ID)] = a.ID
			sessions = append(sessions, session(a.ID))
		}
	}
	n.settings["SESSIONS"] = strings.Join(sessions, ",")
}

// set changes the connection's environment.
func (n *tenant) set(pairs ...string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		n.settings[pairs[i]] = pairs[i+1]
	}
}

// expected are the rows that a complete reading gives, by id.
func (n *tenant) expected() map[string]row {
	rows := map[string]row{}
	for _, a := range n.visible() {
		rows[a.ID] = n.row(a)
	}
	return rows
}

// serve serves h until the end of t and returns its address.
func serve(t tester, h http.Handler) string {
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// patient is the header by which a test asks that its provider's answers be
// left alone.
const patient = "X-Patient"

// hurried has clients come back soon where the provider itself would leave
// them to wait for a second and more.
func hurried(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&hurry{w}, r)
	})
}

type hurry struct{ http.ResponseWriter }

func (w *hurry) WriteHeader(status int) {
	h := w.Header()
	if again := status == http.StatusTooManyRequests || status >= 500; again && h.Get(patient) == "" {
		if after := h.Get("Retry-After"); after == "" || after == "0" {
			h.Set("Retry-After", "0.005")
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *hurry) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// The rows that accounts become, as the provider's documents say.

func signalWireRow(a simulate.Account) row {
	w := rowOf(a)
	if a.Parent == a.ID {
		w.Parent = ""
	}
	w.Email = ""
	if strings.Contains(a.Name, "@") {
		w.Email = strings.ToLower(a.Name)
	}
	w.Status = oneOf(a.Status, "active", "suspended", "closed")
	return w
}

func agendizeRow(a simulate.Account) row {
	w := rowOf(a)
	w.Parent = ""
	if w.Name == "" {
		w.Name = a.Email // organizations are empty in these tests
	}
	switch a.Status {
	case simulate.Closed, simulate.Suspended:
		w.Status = "suspended"
	default:
		w.Status = oneOf(a.Status, "active")
	}
	return w
}

func kazooRow(a simulate.Account) row {
	w := rowOf(a)
	w.Status = "suspended"
	if a.Status == simulate.Active {
		w.Status = "active"
	}
	return w
}

func rowOf(a simulate.Account) row {
	w := row{ID: a.ID, Parent: a.Parent, Name: a.Name, Status: a.Status, Email: strings.ToLower(a.Email)}
	if !a.Created.IsZero() {
		w.Created = a.Created.UTC().Format("2006-01-02T15:04:05Z")
	}
	return w
}

func oneOf(status string, known ...string) string {
	for _, k := range known {
		if status == k {
			return status
		}
	}
	return "unknown"
}

// numbered makes n active accounts, "a00" and so on, without parents.
func numbered(n int) []simulate.Account {
	list := make([]simulate.Account, n)
	for i := range list {
		list[i] = account(fmt.Sprintf("a%02d", i), "")
	}
	return list
}

// account is an active account.
func account(id, parent string) simulate.Account {
	return simulate.Account{
		ID: id, Parent: parent, Name: "Account " + id, Status: simulate.Active, Email: id + "@Example.com",
		Domain: id + ".example.com", TimeZone: "Europe/Paris", Created: january,
	}
}
