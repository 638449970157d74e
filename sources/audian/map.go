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
// contact is contact.billing, or contact.technical where the former names nobody (Kazoo's schema accounts.json).
// id is the record's, and so is the parent: the last of tree. Everything else stays in the payload alone: reseller_id, which is "undefined" on accounts that
// have none and is no parent, billing_mode, flags, the other caller ids.
func (*source) Map(o payload.Object) model.Account {
	contact := person(o.Object("contact"))
	country := contact.Country("country")
	a := model.Account{
		Name:         o.Name("name"),
		Status:       status(o),
		Domain:       o.Domain("realm"),
		Organization: o.Text("org"),
		Phone: cmp.Or(normalize.Phone(o.Object("caller_id").Object("external").Text("number"), country),
			normalize.Phone(contact.Text("number"), country)),
		Email:       contact.Email("email"),
		ContactName: contact.Text("name"),
		Street:      contact.Text("street_address"),
		City:        contact.Text("locality"),
		Region:      contact.Text("region"),
		PostalCode:  contact.Text("postal_code"),
		Country:     country,
		Timezone:    o.Timezone("timezone"),
		Language:    o.Language("language"),
		CreatedAt:   o.Time("created", normalize.ParseGregorian),
	}
	if reseller, _ := o.Bool("is_reseller"); reseller {
		a.Kind = "reseller"
	}
	return a
}

func status(o payload.Object) model.Status {
	switch enabled, known := o.Bool("enabled"); {
	case !known:
		return model.Unknown
	case enabled:
		return model.Active
	default:
		return model.Suspended
	}
}

// person returns the contact of an account.
func person(contact payload.Object) payload.Object {
	billing := contact.Object("billing")
	if billing.Raw("name") == nil && billing.Raw("email") == nil {
		return contact.Object("technical")
	}
	return billing
}
