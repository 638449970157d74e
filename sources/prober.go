package sources

import (
	"context"
	"errors"
	"net/url"
	"reflect"
)

// A Prober is a Source of which it can be told at little cost whether its
// listing can be read. Without one, the listing's first page is asked for.
type Prober interface {
	// Probe returns why the listing cannot be read. An error of type *PartError,
	// or one that is ErrCredential, is about a credential.
	Probe(ctx context.Context) error
}

// ErrCredential is that the provider refused a credential, where the answer's
// status alone does not say so.
var ErrCredential = errors.New("the credential was refused")

// Base is where the connection's provider is, nil where it has no address.
func (c Configured) Base() *url.URL {
	v := reflect.Indirect(reflect.ValueOf(c.config))
	if v.Kind() != reflect.Struct {
		return nil
	}
	field := v.FieldByName("BaseURL")
	if !field.IsValid() {
		return nil
	}
	base, ok := field.Interface().(BaseURL)
	if !ok {
		return nil
	}
	return base.URL
}
