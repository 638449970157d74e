package backstack

import (
	"rollcall/model"
	"rollcall/model/normalize"
	"rollcall/model/payload"
)

// Map implements [sources.Source]. The object is what a session answers, with its item of a network, or the latter alone.
//
//	provider's field               column
//	title, else account_title      name
//	is_app_account                 kind, "app" where true
//	version_title                  kind otherwise: the name of the account's plan, where a network has it
//	contact_email                  email
//	contact_name                   contact_name
//	phone                          phone, with country_id as its region
//	url                            website
//	address, city, state, zip      street, city, region, postal_code
//	country_id                     country
//	timezone_id                    timezone
//	created                        provider_created_at, Unix seconds
//
// id, parent and status are the record's. In the payload alone stay version_id, an id of the account's plan and no
// name of it, and domain_id and domain_title (domain_name), the class of the account: a Backstack domain is a kind of
// account and no DNS domain of its own.
func (s *source) Map(o payload.Object) model.Account {
	country := o.Country("country_id")
	return model.Account{
		Name:        o.Name("title", "account_title"),
		Status:      model.Unknown,
		Kind:        kind(o),
		Email:       o.Email("contact_email"),
		Phone:       normalize.Phone(o.Text("phone"), country),
		Website:     o.Website("url"),
		ContactName: o.Text("contact_name"),
		Street:      o.Text("address"),
		City:        o.Text("city"),
		Region:      o.Text("state"),
		PostalCode:  o.Text("zip"),
		Country:     country,
		Timezone:    o.Timezone("timezone_id"),
		CreatedAt:   o.Time("created", normalize.ParseUnix),
	}
}

// mapping is the version of Map: raise it when Map gives other columns.
const mapping = 2

func kind(o payload.Object) string {
	if app, _ := o.Bool("is_app_account"); app {
		return "app"
	}
	return o.Lower("version_title")
}
