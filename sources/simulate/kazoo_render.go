package simulate

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// gregorian is the distance of Kazoo's epoch, the year 0, from Unix's, in seconds.
const gregorian = 62167219200

// RenderKazoo is one account as Kazoo sends it by id: full detail, no tree.
func RenderKazoo(a Account, gregorianDates bool) []byte { return appendKazoo(nil, &a, gregorianDates) }

func appendKazoo(dst []byte, a *Account, gregorianDates bool) []byte {
	o := newObject(dst, a.Extra)
	o.strs("id", a.ID, "name", a.Name, "realm", a.Domain, "timezone", a.TimeZone)
	if o.key("enabled") {
		o.b = strconv.AppendBool(o.b, a.Status == Active)
	}
	if !a.Created.IsZero() {
		if gregorianDates {
			o.int("created", a.Created.Unix()+gregorian)
		} else {
			o.str("created", a.Created.UTC().Format(time.RFC3339))
		}
	}
	o.opt("language", a.Language)
	o.object("caller_id", func(o *object) {
		for _, which := range [...]string{"internal", "external", "emergency"} {
			o.object(which, func(o *object) { o.strs("name", a.Name, "number", a.Phone) })
		}
	})
	o.opt("org", a.Organization)
	o.object("contact", func(o *object) {
		o.object("billing", func(o *object) {
			o.strs("name", joined(a.FirstName, a.LastName), "email", a.Email, "number", a.Phone,
				"street_address", a.Street, "locality", a.City, "region", a.Region,
				"postal_code", a.PostalCode, "country", a.Country)
		})
	})
	o.str("reseller_id", "undefined") // a string, on accounts that have none
	o.bool("is_reseller", a.Kind == "reseller")
	o.bool("superduper_admin", false)
	o.bool("wnm_allow_additions", false)
	o.array("flags", a.Tags)
	o.object("notifications", func(o *object) {
		o.object("smtp", func(o *object) {
			o.object("credentials", func(o *object) { o.str("password", a.secret("smtp")) })
		})
	})
	o.str("pvt_api_key", a.secret("key"))
	return o.end()
}

// appendDescendant appends one account as Kazoo lists it: its ancestors from the
// top, and little detail.
func appendDescendant(dst []byte, a *Account, tree []string) []byte {
	o := newObject(dst, nil)
	for _, f := range [...]struct{ key, value string }{{"id", a.ID}, {"name", a.Name}, {"realm", a.Domain}} {
		if v, ok := a.Extra[f.key]; ok {
			o.lay(f.key, v)
			continue
		}
		o.str(f.key, f.value)
	}
	o.array("flags", a.Tags)
	if v, ok := a.Extra["tree"]; ok {
		o.lay("tree", v)
	} else {
		o.array("tree", tree)
	}
	return o.end()
}

// envelope closes an answer as Crossbar does. The echoed token is a secret.
func (s *Kazoo) envelope(o object, token string) []byte {
	o.int("revision", 1)
	o.strs("timestamp", "2026-10-01T00:00:00Z", "version", "5.4.0", "node", "simulate",
		"request_id", s.requestID(), "status", "success", "auth_token", token)
	return o.end()
}

func (s *Kazoo) requestID() string { return fmt.Sprintf("%032x", s.requests.Add(1)) }

func (s *Kazoo) fail(w http.ResponseWriter, status int) { send(w, status, s.ErrorBody(status)) }

// ErrorBody is the body of an error of this status.
func (s *Kazoo) ErrorBody(status int) []byte {
	message := map[int]string{
		http.StatusUnauthorized:                 "invalid_credentials",
		http.StatusForbidden:                    "forbidden",
		http.StatusNotFound:                     "bad_identifier",
		http.StatusMethodNotAllowed:             "method not allowed",
		http.StatusRequestedRangeNotSatisfiable: "range not satisfiable",
		http.StatusTooManyRequests:              "too many requests",
	}[status]
	if message == "" {
		message = http.StatusText(status)
	}
	return s.errorBody(status, message, func(o *object) { o.str("message", message) })
}

func (s *Kazoo) errorBody(status int, message string, data func(*object)) []byte {
	o := newObject(nil, nil)
	o.object("data", data)
	o.strs("error", strconv.Itoa(status), "message", message, "status", "error",
		"request_id", s.requestID(), "auth_token", "fresh"+SecretMark)
	return o.end()
}
