package simulate

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const agendizePath = "/api/2.0/resellers/accounts"

// agendizeChunk is how many accounts are rendered between two writes: the
// answer has no pages, so it is never built whole.
const agendizeChunk = 500

// Agendize answers the reseller API's account list and single accounts. Its
// list is one body without pages. Parents are not rendered: all accounts
// belong to the reseller whose credential lists them.
type Agendize struct {
	Accounts Tenant
	APIKey   string
	Token    string

	VolatileCredit bool // each answer names another credit
	HideDisabled   bool // an unfiltered listing leaves the disabled ones out

	answers atomic.Int64
}

// Visible answers the accounts that a complete reading gives: without parents,
// as the provider names none.
func (s *Agendize) Visible() []Account {
	accounts := all(s.Accounts)
	if s.HideDisabled {
		accounts = slices.DeleteFunc(accounts, func(a Account) bool { return agendizeStatus(&a) == "disabled" })
	}
	for i := range accounts {
		accounts[i].Parent = ""
	}
	return accounts
}

// ServeHTTP answers the list and single accounts.
func (s *Agendize) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !same(credential(r, "apiKey"), s.APIKey) || !same(credential(r, "token"), s.Token) {
		send(w, http.StatusForbidden, s.ErrorBody(http.StatusForbidden))
		return
	}
	rest, ok := strings.CutPrefix(r.URL.Path, agendizePath)
	if !ok {
		send(w, http.StatusNotFound, s.ErrorBody(http.StatusNotFound))
		return
	}
	if rest == "" || rest == "/" {
		s.list(w, r)
		return
	}
	a, ok := s.Accounts.Find(strings.TrimPrefix(rest, "/"))
	if !ok {
		send(w, http.StatusNotFound, s.ErrorBody(http.StatusNotFound))
		return
	}
	credit := s.credit()
	answer(w, http.StatusOK, func(b []byte) []byte { return appendAgendize(b, &a, credit) })
}

// credential reads a header or, failing that, the query parameter of its name.
func credential(r *http.Request, name string) string {
	if v := r.Header.Get(name); v != "" {
		return v
	}
	return r.URL.Query().Get(name)
}

// credit is what accounts have left, in cents.
func (s *Agendize) credit() int64 {
	n := s.answers.Add(1)
	if s.VolatileCredit {
		return 1000 + n
	}
	return 1000
}

func (s *Agendize) list(w http.ResponseWriter, r *http.Request) {
	keep, err := s.filter(r)
	if err != nil {
		send(w, http.StatusBadRequest, agendizeError(http.StatusBadRequest, err.Error()))
		return
	}
	credit := s.credit()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	b := append(borrow(), `{"items":[`...)
	defer func() { giveBack(b) }()
	first := true
	for from, more := uint64(0), true; more; {
		var page []Account
		page, from, more = s.Accounts.Page(from, agendizeChunk)
		for i := range page {
			if !keep(&page[i]) {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = appendAgendize(b, &page[i], credit)
		}
		if _, err := w.Write(b); err != nil {
			return // the client has gone
		}
		b = b[:0]
	}
	_, _ = w.Write(append(b, `]}`...))
}

// filter reads the query parameters into a test. Both dates are exclusive.
func (s *Agendize) filter(r *http.Request) (keep func(*Account) bool, err error) {
	q := r.URL.Query()
	var after, before time.Time
	for name, t := range map[string]*time.Time{"createdStartDate": &after, "createdEndDate": &before} {
		if text := q.Get(name); text != "" {
			if *t, err = time.Parse(time.RFC3339, text); err != nil {
				return nil, fmt.Errorf("%s is not a RFC 3339 timestamp", name)
			}
		}
	}
	status := q.Get("status")
	return func(a *Account) bool {
		created := a.Created.Truncate(time.Second)
		switch {
		case !after.IsZero() && !created.After(after), !before.IsZero() && !created.Before(before):
			return false
		case status != "" && agendizeStatus(a) != status:
			return false
		case status == "" && s.HideDisabled && agendizeStatus(a) == "disabled":
			return false
		}
		return true
	}, nil
}

// ErrorBody is the body of an error of this status.
func (s *Agendize) ErrorBody(status int) []byte {
	return agendizeError(status, http.StatusText(status))
}

func agendizeError(status int, message string) []byte {
	return fmt.Appendf(nil, `{"error":{"code":%d,"message":%q}}`, status, message)
}

// RenderAgendize is one account as Agendize sends it.
func RenderAgendize(a Account) []byte { return appendAgendize(nil, &a, 1000) }

const agendizeTools = `["save","scheduling","call"]`

func appendAgendize(dst []byte, a *Account, credit int64) []byte {
	o := newObject(dst, a.Extra)
	o.strs("id", a.ID, "userName", a.Email, "firstName", a.FirstName, "lastName", a.LastName,
		"email", a.Email, "organization", a.Organization)
	o.object("preferences", func(o *object) {
		o.strs("timeZone", a.TimeZone, "language", a.Language, "displayName", a.Name)
	})
	o.str("currency", a.Currency)
	o.opt("resellerId", a.Reference)
	o.str("domain", a.Domain)
	if !a.Created.IsZero() {
		o.object("created", func(o *object) {
			o.str("dateTime", a.Created.In(zone(a.TimeZone)).Format("2006-01-02T15:04:05"))
			o.str("timeZone", a.TimeZone)
		})
	}
	o.str("ssoToken", a.secret("sso"))
	if o.key("credit") {
		o.b = fmt.Appendf(o.b, "%d.%02d", credit/100, credit%100)
	}
	o.object("profile", func(o *object) { o.strs("id", "profile-"+a.Kind, "name", a.Kind) })
	o.raw("tools", agendizeTools)
	o.object("whiteLabel", func(o *object) {
		o.strs("logoURL", "https://"+a.Domain+"/logo.png", "emailAddress", "noreply@"+a.Domain,
			"headerBackgroundColor", "#204060", "menuBackgroundColor", "#f0f0f0")
	})
	o.str("clientName", a.Name)
	o.str("status", agendizeStatus(a))
	o.bool("sendSignupEmail", false)
	o.int("additionalUsers", 0)
	if o.key("tags") {
		o.b = appendTags(o.b, a.Tags)
	}
	return o.end()
}

func appendTags(b []byte, tags []string) []byte {
	b = append(b, '[')
	for i, tag := range tags {
		if i > 0 {
			b = append(b, ',')
		}
		in := newObject(b, nil)
		in.strs("id", fmt.Sprintf("tag%d", i+1), "tag", tag, "color", "#336699")
		b = in.end()
	}
	return append(b, ']')
}

func agendizeStatus(a *Account) string {
	switch a.Status {
	case Active:
		return "enabled"
	case Suspended, Closed:
		return "disabled"
	}
	return a.Status
}

var zones sync.Map // by code: reading the zone database for each account would be slow

// zone returns a code's zone; UTC where IANA has no such code.
func zone(code string) *time.Location {
	if z, ok := zones.Load(code); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(code)
	if err != nil {
		z = time.UTC
	}
	zones.Store(code, z)
	return z
}
