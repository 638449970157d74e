package simulate

import (
	"maps"
	"slices"
	"time"
)

// Neutral statuses. Any other text is rendered as it stands, which is how an
// unknown status is simulated.
const (
	Active    = "active"
	Suspended = "suspended"
	Closed    = "closed"
	Unknown   = "unknown" // only in what Visible answers
)

// SecretMark is part of every secret that a dialect renders or accepts by
// default, so that a test can look for leaks with one search.
const SecretMark = "s3cr3t"

// An Account is what all dialects can be rendered from. Fields that a dialect
// doesn't know are left out of its answers.
type Account struct {
	ID     string
	Parent string // id of the parent, which need not exist; "" on a root
	Name   string
	Status string

	// Kind is the type (SignalWire: Trial, Full), the profile's name
	// (Agendize), the version (Backstack; "app" makes an app account).
	Kind      string
	Reference string // our own key for the account: Agendize's resellerId

	Email, Phone, Website string
	Domain                string // Kazoo's realm, Agendize's reseller domain
	Organization          string
	FirstName, LastName   string

	Street, City, Region, PostalCode, Country string

	TimeZone, Language, Currency string

	Created, Updated time.Time
	Tags             []string

	// Extra replaces and adds fields of the rendered object by their name
	// at the provider: a [Raw] is written verbatim, anything else as
	// encoding/json does.
	Extra map[string]any
}

// Raw is text written into an answer as it stands, valid JSON or not.
type Raw string

// clone copies what a caller could otherwise change behind the world's back.
func (a Account) clone() Account {
	a.Tags = slices.Clone(a.Tags)
	a.Extra = maps.Clone(a.Extra)
	return a
}

// secret is a value that must never leave a reader, recognisable by its mark.
func (a *Account) secret(what string) string {
	return what + SecretMark + a.ID
}
