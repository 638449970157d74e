package simulate

import (
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// kazooPage is Kazoo's page size where a request names none.
const kazooPage = 50

// Kazoo answers the Crossbar API of Audian and of Kazoo itself. The zero
// options are Audian's flavour.
type Kazoo struct {
	Accounts Tenant
	Root     string // the credential's own account
	APIKey   string // for PUT api_auth
	Token    string // a token that never expires, besides those handed out

	Upstream  bool // as Kazoo itself: no …/accounts (405), no …/parent (404)
	FullItems bool // …/accounts lists full objects
	Gregorian bool // dates as Gregorian seconds instead of RFC 3339
	TokenUses int  // a token handed out is good for so many requests; 0 = any number

	mu       sync.Mutex
	tokens   map[string]int // uses left
	issued   int
	requests atomic.Int64
}

// ExpireTokens ends every token handed out so far.
func (s *Kazoo) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// TokensIssued is how many tokens PUT api_auth has handed out.
func (s *Kazoo) TokensIssued() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued
}

// Visible answers the accounts that a complete reading gives: the credential's
// own, as a root, and all below it.
func (s *Kazoo) Visible() []Account {
	root, ok := s.Accounts.Get(s.Root)
	if !ok {
		return nil
	}
	root.Parent = ""
	below, _ := s.Accounts.ByName(s.Root, "", true, -1)
	return append([]Account{root}, below...)
}

// ServeHTTP answers accounts, their lists, and requests for a token.
func (s *Kazoo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, ok := strings.CutPrefix(r.URL.Path, "/v2/")
	if !ok {
		s.fail(w, http.StatusNotFound)
		return
	}
	if path == "api_auth" {
		s.authenticate(w, r)
		return
	}
	if !s.spend(r.Header.Get("X-Auth-Token")) {
		s.fail(w, http.StatusUnauthorized)
		return
	}
	parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
	if parts[0] != "accounts" || len(parts) < 2 || len(parts) > 3 {
		s.fail(w, http.StatusNotFound)
		return
	}
	a, ok := s.Accounts.Get(parts[1])
	if !ok {
		s.fail(w, http.StatusNotFound)
		return
	}
	if !s.mine(a) {
		s.fail(w, http.StatusForbidden)
		return
	}
	if len(parts) == 2 {
		s.one(w, r, a)
		return
	}
	s.relatives(w, r, a, parts[2])
}

func (s *Kazoo) relatives(w http.ResponseWriter, r *http.Request, a Account, which string) {
	switch {
	case which == "descendants":
		s.list(w, r, a, true, false)
	case which == "children":
		s.list(w, r, a, false, false)
	case which == "accounts" && s.Upstream:
		s.fail(w, http.StatusMethodNotAllowed)
	case which == "accounts":
		s.list(w, r, a, false, s.FullItems)
	case which == "parent" && !s.Upstream:
		parent, ok := s.Accounts.Get(a.Parent)
		if !ok || !s.mine(parent) {
			s.fail(w, http.StatusNotFound)
			return
		}
		s.one(w, r, parent)
	default:
		s.fail(w, http.StatusNotFound)
	}
}

// mine reports whether the credential reaches an account.
func (s *Kazoo) mine(a Account) bool {
	if a.ID == s.Root {
		return true
	}
	for _, id := range s.Accounts.Tree(a) {
		if id == s.Root {
			return true
		}
	}
	return false
}

func (s *Kazoo) one(w http.ResponseWriter, r *http.Request, a Account) {
	answer(w, http.StatusOK, func(b []byte) []byte {
		o := newObject(b, nil)
		o.key("data")
		o.b = appendKazoo(o.b, &a, s.Gregorian)
		return s.envelope(o, r.Header.Get("X-Auth-Token"))
	})
}

func (s *Kazoo) list(w http.ResponseWriter, r *http.Request, root Account, deep, full bool) {
	q := r.URL.Query()
	size := number(q.Get("page_size"), kazooPage)
	if q.Get("paginate") == "false" {
		size = -1
	}
	start := q.Get("start_key")
	page, next := s.Accounts.ByName(root.ID, kazooName(start), deep, size)
	answer(w, http.StatusOK, func(b []byte) []byte {
		o := newObject(b, nil)
		if next != "" {
			o.str("next_start_key", kazooKey(next))
		}
		if size > 0 {
			o.int("page_size", int64(len(page)))
			o.opt("start_key", start)
		}
		o.key("data")
		o.b = appendList(o.b, page, func(b []byte, a *Account) []byte {
			if full {
				return appendKazoo(b, a, s.Gregorian)
			}
			return appendDescendant(b, a, s.Accounts.Tree(*a))
		})
		return s.envelope(o, "fresh"+SecretMark+s.requestID()) // lists echo a fresh token
	})
}

// The cursor is opaque to clients; inside, it is a name.
func kazooKey(name string) string { return base64.RawURLEncoding.EncodeToString([]byte(name)) }

func kazooName(key string) string {
	name, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return key // CouchDB takes any text as a key
	}
	return string(name)
}
