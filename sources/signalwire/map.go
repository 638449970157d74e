package signalwire

import (
	"strings"

	"rollcall/model"
	"rollcall/model/normalize"
	"rollcall/model/payload"
)

// mapping is the version of Map: raise it when Map gives other columns.
const mapping = 2

var statuses = map[string]model.Status{
	"active":    model.Active,
	"suspended": model.Suspended,
	"closed":    model.Closed,
}

// Map makes an account of a project:
//
//	sid                external_id (from the record)
//	owner_account_sid  parent_external_id; a root names itself
//	friendly_name      name; email too where it is one, as it is by default
//	status             status
//	type               kind
//	date_created       provider_created_at
//	date_updated       provider_updated_at
//
// auth_token, signing_key and webhook_secret are secrets. subproject, uri,
// subresource_uris and region_preference (where calls are handled, no address)
// stay in the payload.
func (*source) Map(o payload.Object) model.Account {
	a := model.Account{
		Name:      o.Name("friendly_name"),
		Status:    o.Status("status", statuses),
		Kind:      o.Lower("type"),
		CreatedAt: o.Time("date_created", normalize.ParseRFC2822),
		UpdatedAt: o.Time("date_updated", normalize.ParseRFC2822),
	}
	if owner := o.ID("owner_account_sid"); owner != o.ID("sid") {
		a.Parent = owner
	}
	if strings.Contains(a.Name, "@") { // a name without an address is not worth a warning
		if email, ok := normalize.Email(a.Name); ok {
			a.Email = email
		}
	}
	return a
}
