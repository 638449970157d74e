// Package model is rollcall's vocabulary: the account that every provider is mapped
// to, its status, and the warnings about fields that could not be stored as sent.
// Its sub-packages are pure functions on it: canon (canonical form, redaction,
// fingerprint), payload and normalize (a field's value), drift (what payloads are
// made of).
package model

import "time"

// Status is an account's state, the same words for every provider.
type Status string

// The states an account can be in. Unknown is also what an unreadable or
// unheard-of state becomes.
const (
	Active    Status = "active"
	Suspended Status = "suspended"
	Closed    Status = "closed"
	Unknown   Status = "unknown"
)

// An Account is the canonical form of what a provider calls an account, a
// project, a client or a tenant. Empty strings and zero times mean
// unset and are stored as NULL, except for Name and Status.
type Account struct {
	ExternalID string // the provider's own id
	Parent     string // the parent's external id; "" on a root

	Name      string
	Status    Status
	Kind      string // trial, full, reseller, app, a plan's name; lower case
	Reference string // our own key for it at the provider

	Email   string // lower case
	Phone   string // E.164 where it can be read, else as given
	Website string // absolute URL
	Domain  string // SIP realm or DNS domain of the account itself

	Organization string
	ContactName  string
	Street       string
	City         string
	Region       string
	PostalCode   string
	Country      string // ISO 3166-1 alpha-2, upper case

	Timezone string // IANA zone
	Language string // BCP 47
	Currency string // ISO 4217

	CreatedAt time.Time // at the provider
	UpdatedAt time.Time // at the provider

	Payload     []byte // the provider's object, canonical JSON without its secrets
	Fingerprint Fingerprint
}

// A Fingerprint stands for all that counts as a change of one account: accounts
// with equal fingerprints are equal.
type Fingerprint [16]byte

// MaxExternalID is the longest id, in bytes, that the directory stores. A
// btree entry of Postgres holds 2,704 bytes; source, id and overhead share it.
const MaxExternalID = 1024
