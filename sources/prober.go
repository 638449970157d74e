package sources

import (
	"context"
	"errors"
)

// A Prober is a Source that can check at little cost whether its listing can be
// read. For any other Source, the check is the listing's first page.
type Prober interface {
	// Probe returns why the listing cannot be read. An error of type *PartError,
	// or one that is ErrCredential, is about a credential.
	Probe(ctx context.Context) error
}

// ErrCredential means that the provider refused a credential, where the answer's
// status alone does not say so.
var ErrCredential = errors.New("the credential was refused")
