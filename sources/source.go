// Package sources is the contract between rollcall and a provider: what a
// provider yields, how its accounts are mapped, and how a connection to it is
// opened from the environment.
package sources

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
)

// A Source lists the accounts of one connection.
type Source interface {
	// Metadata returns what the engine must know about the provider.
	Metadata() Metadata

	// List yields pages of records from cursor on; "" is the beginning. The
	// listing is complete when the sequence ends without an error. An error of
	// type *PartError names a part that could not be read: what was yielded is
	// right, and the listing continues. Any other error breaks it off.
	// An account can be yielded again: the last record counts.
	List(ctx context.Context, w Window, cursor string) iter.Seq2[Page, error]

	// Lookup reads one account by its id. The record carries that very id.
	// ErrGone means that the provider has no such account (404 or 410), and
	// ErrNoLookup that it does not give single accounts. Any other error says
	// nothing about the account.
	Lookup(ctx context.Context, id string) (Record, error)

	// Map makes an account of a record's canonical object. It is pure: the same
	// record gives the same account. ExternalID, Payload and Fingerprint are
	// the caller's to set, and so are Parent and Status where the record has
	// them outside of the object.
	Map(o payload.Object) model.Account

	// Close lets go of idle connections.
	Close()
}

// Metadata are what the engine must know about a provider.
type Metadata struct {
	// Mapping is the version of Map, raised when Map gives other columns for
	// an object it has seen.
	Mapping int

	// Rules name secrets, volatile members and sets.
	Rules *canon.Rules

	// Identity is the host and the provider's own account that the connection
	// reads, without a secret; errors name it. When it changes, a listing is
	// applied only where it has at least half of the live accounts.
	Identity string

	// IDMember is the member of an object that is its id.
	IDMember string

	// ParentInEnvelope and StatusInEnvelope say that an account's parent, or its
	// status, stands outside of its object: mapping the object again does not
	// give it.
	ParentInEnvelope, StatusInEnvelope bool

	// MissingBecomesRoot says that an account which a complete listing leaves out
	// stays, as a root of unknown status, instead of being deleted.
	MissingBecomesRoot bool
}

// A Window bounds a listing by account creation time. The zero Window is
// everything.
type Window struct {
	Since time.Time // inclusive; zero is open
	Until time.Time // exclusive; zero is open
}

// Whole reports whether the window leaves nothing out.
func (w Window) Whole() bool { return w.Since.IsZero() && w.Until.IsZero() }

// Holds reports whether t is within the window. An unset time is within the whole
// one alone.
func (w Window) Holds(t time.Time) bool {
	if w.Whole() {
		return true
	}
	return !t.IsZero() && !t.Before(w.Since) && (w.Until.IsZero() || t.Before(w.Until))
}

// A Page is a batch of records in the order of the listing.
type Page struct {
	Records []Record

	// Cursor continues the listing after this page; "" where it cannot be
	// continued from here.
	Cursor string
}

// A Record is one account as the provider sent it.
type Record struct {
	ID  string // the provider's id; "" where none could be read
	Raw []byte // the object as sent; the first bytes of it where Oversize

	// Oversize says that the object is longer than MaxRecord.
	Oversize bool

	// Parent is the parent's external id where it stands outside of the object.
	// KeepParent instead leaves the parent that the directory has.
	Parent     string
	KeepParent bool

	// Status is the state where it is known from outside of the object.
	// KeepStatus instead leaves the status that the directory has.
	Status     model.Status
	KeepStatus bool

	// Lower says that the object has less detail than the provider could
	// give. It is laid over the object that the directory has.
	Lower bool
}

// MaxRecord is the longest object, in bytes, that is stored; a longer one is
// rejected. It bounds the memory of a page.
const MaxRecord = 4 << 20

var (
	// ErrGone is Lookup's answer for an account that the provider does not have.
	ErrGone = errors.New("the provider has no such account")
	// ErrNoLookup is Lookup's answer where the provider does not give single accounts.
	ErrNoLookup = errors.New("the provider does not give single accounts")
)

// A PartError is a part of a connection that could not be read, such as one
// session. The rest of the listing stands.
type PartError struct {
	Part string // names the part for the operator, without a secret
	Err  error
}

func (e *PartError) Error() string { return fmt.Sprintf("%s: %v", e.Part, e.Err) }

// Unwrap returns the cause.
func (e *PartError) Unwrap() error { return e.Err }
