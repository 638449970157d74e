package audian

import (
	"cmp"

	"rollcall/model"
	"rollcall/model/normalize"
	"rollcall/model/payload"
)

// Map implements [sources.Source]. The object is an account's details over its item of a list, or one of both.
//
//	provider's field                                   column
//	name                                               name
//	enabled                                            status: true active, false suspended, else unknown
//	is_reseller                                        kind, "reseller" where true
//	realm                                              domain: the SIP realm
//	org                                                organization
//	caller_id.external.number, else contact's number   phone: what the account shows to those it calls
//	contact.email, .name                               email, contact_name
//	contact.street_address, .locality, .region         street, city, region
//	contact.postal_code, .country                      postal_code, country
//	timezone                                           timezone
//	language                                           language
//	created                                            provider_created_at: Gregorian seconds or RFC 3339
//
// Each field of contact is the one of contact.billing, or of contact.technical where the former has none (Kazoo's schema
// accounts.json). id is the record's, and so is the parent: the last of tree. Everything else stays in the payload alone:
// reseller_id, which is "undefined" on accounts that have none and is no parent, billing_mode, flags, the other caller ids.
//
// Audian's page also documents another shape: status, email, phone, plan (kind), address.street, .city, .state,
// .postalCode and .country, settings.timezone and .language, createdAt and updatedAt. Map reads its members where those
// above have no value.
func (*source) Map(o payload.Object) model.Account {
	contact, address, settings := contactOf(o.Object("contact")), o.Object("address"), o.Object("settings")
	country := cmp.Or(contact("country").Country("country"), address.Country("country"))
	a := model.Account{
		Name:         o.Name("name"),
		Status:       status(o),
		Kind:         o.Lower("plan"),
		Domain:       o.Domain("realm"),
		Organization: o.Text("org"),
		Phone: cmp.Or(normalize.Phone(o.Object("caller_id").Object("external").Text("number"), country),
			normalize.Phone(contact("number").Text("number"), country), normalize.Phone(o.Text("phone"), country)),
		Email:       cmp.Or(contact("email").Email("email"), o.Email("email")),
		ContactName: contact("name").Text("name"),
		Street:      cmp.Or(contact("street_address").Text("street_address"), address.Text("street")),
		City:        cmp.Or(contact("locality").Text("locality"), address.Text("city")),
		Region:      cmp.Or(contact("region").Text("region"), address.Text("state")),
		PostalCode:  cmp.Or(contact("postal_code").Text("postal_code"), address.Text("postalCode")),
		Country:     country,
		Timezone:    cmp.Or(timezone(o), timezone(settings)),
		Language:    cmp.Or(o.Language("language"), settings.Language("language")),
		CreatedAt:   o.Time("created", normalize.ParseGregorian),
		UpdatedAt:   o.Time("updatedAt", normalize.ParseGregorian),
	}
	if a.CreatedAt.IsZero() {
		a.CreatedAt = o.Time("createdAt", normalize.ParseGregorian)
	}
	if reseller, _ := o.Bool("is_reseller"); reseller {
		a.Kind = "reseller"
	}
	return a
}

// mapping is the version of Map: raise it when Map gives other columns.
const mapping = 3

var statuses = map[string]model.Status{
	"active":    model.Active,
	"enabled":   model.Active,
	"suspended": model.Suspended,
	"disabled":  model.Suspended,
	"inactive":  model.Suspended,
	"closed":    model.Closed,
	"deleted":   model.Closed,
}

func status(o payload.Object) model.Status {
	switch enabled, known := o.Bool("enabled"); {
	case known && enabled:
		return model.Active
	case known:
		return model.Suspended
	case o.Has("status"):
		return o.Status("status", statuses)
	default:
		return model.Unknown
	}
}

// timezone reads the zone; "inherit" is the one of the parent, which the object does not name.
func timezone(o payload.Object) string {
	if o.Lower("timezone") == "inherit" {
		return ""
	}
	return o.Timezone("timezone")
}

// contactOf returns, for each field, the contact that has it: the billing contact or else the technical one.
func contactOf(contact payload.Object) func(field string) payload.Object {
	billing, technical := contact.Object("billing"), contact.Object("technical")
	return func(field string) payload.Object {
		if billing.Text(field) == "" {
			return technical
		}
		return billing
	}
}
