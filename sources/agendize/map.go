package agendize

import (
	"cmp"
	"strings"
	"time"

	"rollcall/model"
	"rollcall/model/normalize"
	"rollcall/model/payload"
)

// mapping is the version of Map: raise it when Map gives other columns.
const mapping = 2

var statuses = map[string]model.Status{
	"enabled":  model.Active,
	"disabled": model.Suspended,
}

// Map makes an account of a reseller's client:
//
//	id                                external_id (from the record)
//	clientName, organization,
//	preferences.displayName,
//	userName, email                   name: the first that is set and no placeholder
//	status                            status: enabled is active, disabled suspended
//	profile.name, profile.id          kind
//	resellerId                        reference: the reseller's own key for the client
//	email, userName                   email
//	firstName, lastName               contact_name
//	organization                      organization
//	preferences.timeZone              timezone
//	preferences.language              language
//	currency                          currency
//	created.dateTime, .timeZone       provider_created_at
//
// No parent is named: the accounts belong to the reseller whose credential lists
// them. domain is the reseller's. ssoToken and password are secrets, and so are
// basicAuth, oauth2Auth and httpRequestHeader of watches. credit is volatile,
// tools and tags are sets. whiteLabel, sendSignupEmail and additionalUsers (text
// or number) stay in the payload.
func (s *source) Map(o payload.Object) model.Account {
	preferences, profile := o.Object("preferences"), o.Object("profile")
	return model.Account{
		Name: cmp.Or(o.First("clientName", "organization"), preferences.Text("displayName"),
			o.First("userName", "email"), o.Name("clientName", "organization")),
		Status:       o.Status("status", statuses),
		Kind:         cmp.Or(profile.Lower("name"), profile.Lower("id")),
		Reference:    o.Text("resellerId"),
		Email:        email(o),
		Organization: o.Text("organization"),
		ContactName:  strings.TrimSpace(o.Text("firstName") + " " + o.Text("lastName")),
		Timezone:     s.timezone(preferences),
		Language:     preferences.Language("language"),
		Currency:     o.Currency("currency"),
		CreatedAt:    s.created(o.Object("created")),
	}
}

// email is the account's; userName is documented to be the same.
func email(o payload.Object) string {
	if address := o.Email("email"); address != "" {
		return address
	}
	address, _ := normalize.Email(o.Text("userName"))
	return address
}

// timezone returns the account's zone, or the connection's where the code is unknown.
func (s *source) timezone(preferences payload.Object) string {
	code := preferences.Text("timeZone")
	if zone, ok := normalize.Timezone(code); ok {
		return zone
	}
	preferences.Warn("timeZone", "is not a time zone", s.zone.String()+", the connection's TIMEZONE")
	return s.zone.String()
}

// created returns the creation time, a local time in its own zone. Without one it
// is in the company's, which the API does not have: the connection's is used.
func (s *source) created(created payload.Object) time.Time {
	zone := s.zone
	if code := created.Text("timeZone"); code != "" {
		if own, ok := normalize.Zone(code); ok {
			zone = own
		} else {
			created.Warn("timeZone", "is not a time zone", "a date in "+s.zone.String()+", the connection's TIMEZONE")
		}
	}
	return created.Time("dateTime", func(text string) (time.Time, bool) { return normalize.ParseRFC3339(text, zone) })
}
