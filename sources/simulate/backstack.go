package simulate

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
)

const (
	backstackPath     = "/v1/auth/account"
	backstackNetworks = backstackPath + "/networks"
	backstackPage     = 25 // accounts of a network a page
	backstackCookie   = "BackstackJWT"
)

// How Backstack wraps its answers; its documents show all three.
const (
	Bare    = ""
	Payload = "payload" // {"success":true,"payload":…}
	Data    = "data"    // {"data":…}
)

// Backstack answers the account of a session and its network. Parents are
// known from networks only.
type Backstack struct {
	Accounts *World
	AppKey   string
	Sessions map[string]string // account id by session; not changed while serving
	Wrap     string            // Bare, Payload or Data

	mu      sync.Mutex
	expired map[string]bool
}

// Expire ends sessions: they answer 401 until Renew.
func (s *Backstack) Expire(sessions ...string) { s.expire(true, sessions) }

// Renew makes expired sessions valid again.
func (s *Backstack) Renew(sessions ...string) { s.expire(false, sessions) }

func (s *Backstack) expire(expired bool, sessions []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expired == nil {
		s.expired = map[string]bool{}
	}
	for _, session := range sessions {
		s.expired[session] = expired
	}
}

// Visible answers the accounts that reading all sessions gives: those of the
// sessions, and of lower detail (id, name; status unknown) the members of
// their networks. A parent is named where its own session can be read.
func (s *Backstack) Visible() []Account {
	own := map[string]bool{}
	for session := range s.Sessions {
		if a, ok := s.account(session); ok {
			own[a.ID] = true
		}
	}
	var out []Account
	for _, a := range s.Accounts.Snapshot() {
		if !own[a.Parent] {
			a.Parent = ""
		}
		switch {
		case own[a.ID]:
			a.Status = Active
			out = append(out, a)
		case a.Parent != "":
			out = append(out, Account{ID: a.ID, Parent: a.Parent, Name: a.Name, Status: Unknown})
		}
	}
	return out
}

// account is that of a live session.
func (s *Backstack) account(session string) (Account, bool) {
	s.mu.Lock()
	expired := s.expired[session]
	s.mu.Unlock()
	id, ok := s.Sessions[session]
	if !ok || expired {
		return Account{}, false
	}
	return s.Accounts.Get(id)
}

// ServeHTTP answers a session's account and its network.
func (s *Backstack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !same(r.Header.Get("Authorization"), "Bearer "+s.AppKey) {
		send(w, http.StatusUnauthorized, backstackError("authentication", "invalid_app_key", "The app key is not valid"))
		return
	}
	cookie, err := r.Cookie(backstackCookie)
	if err != nil {
		send(w, http.StatusUnauthorized, s.ErrorBody(http.StatusUnauthorized))
		return
	}
	a, ok := s.account(cookie.Value)
	if !ok { // a deleted account's sessions have expired too
		send(w, http.StatusUnauthorized, s.ErrorBody(http.StatusUnauthorized))
		return
	}
	switch r.URL.Path {
	case backstackPath:
		answer(w, http.StatusOK, func(b []byte) []byte {
			return s.wrap(b, func(b []byte) []byte { return appendBackstack(b, &a) })
		})
	case backstackNetworks:
		s.network(w, r, a.ID)
	default:
		send(w, http.StatusNotFound, s.ErrorBody(http.StatusNotFound))
	}
}

func (s *Backstack) network(w http.ResponseWriter, r *http.Request, id string) {
	members, _ := s.Accounts.ByName(id, "", false, -1)
	if len(members) == 0 {
		send(w, http.StatusNotFound, s.ErrorBody(http.StatusNotFound))
		return
	}
	q := r.URL.Query()
	index := number(q.Get("page_index"), number(q.Get("page"), 1))
	page := members[min((index-1)*backstackPage, len(members)):min(index*backstackPage, len(members))]
	answer(w, http.StatusOK, func(b []byte) []byte {
		return s.wrap(b, func(b []byte) []byte {
			o := newObject(b, nil)
			o.key("list")
			o.b = appendList(o.b, page, appendMember)
			o.int("total", int64(len(members)))
			o.int("pages", int64((len(members)+backstackPage-1)/backstackPage))
			return o.end()
		})
	})
}

func (s *Backstack) wrap(b []byte, render func([]byte) []byte) []byte {
	switch s.Wrap {
	case Payload:
		return append(render(append(b, `{"success":true,"payload":`...)), '}')
	case Data:
		return append(render(append(b, `{"data":`...)), '}')
	}
	return render(b)
}

// RenderBackstack is one account as its own session shows it.
func RenderBackstack(a Account) []byte { return appendBackstack(nil, &a) }

func appendBackstack(dst []byte, a *Account) []byte {
	o := newObject(dst, a.Extra)
	o.str("id", a.ID)
	o.int("created", a.Created.Unix())
	o.strs("title", a.Name, "address", a.Street, "city", a.City, "state", a.Region, "zip", a.PostalCode,
		"phone", a.Phone, "url", a.Website, "contact_name", joined(a.FirstName, a.LastName),
		"contact_email", a.Email, "timezone_id", a.TimeZone, "country_id", a.Country)
	if a.Kind == "app" { // a truth is sent as true, its absence as 0
		o.raw("is_app_account", "true")
	} else {
		o.raw("is_app_account", "0")
	}
	o.strs("domain_id", "dom_1234567890", "version_id", "ver_"+a.Kind)
	o.str("jwt", a.secret("jwt"))
	return o.end()
}

// appendMember appends one account as a network's listing shows it.
func appendMember(dst []byte, a *Account) []byte {
	o := newObject(dst, nil)
	o.strs("account_id", a.ID, "account_title", a.Name, "domain_title", "Main", "version_title", a.Kind)
	return o.end()
}

func joined(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	return first + " " + last
}

// ErrorBody is the body of an error of this status.
func (s *Backstack) ErrorBody(status int) []byte {
	if status == http.StatusUnauthorized {
		return backstackError("authentication", "session_expired", "The session has expired")
	}
	return backstackError("request", strconv.Itoa(status), http.StatusText(status))
}

func backstackError(kind, code, message string) []byte {
	return fmt.Appendf(nil, `{"error":{"type":%q,"code":%q,"message":%q,"fields":{}}}`, kind, code, message)
}
