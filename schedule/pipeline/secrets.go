package pipeline

import (
	"errors"

	"rollcall/model/canon"
)

// A cleanError is an error with a text without credentials. It is no wrapper: the
// text of the error itself is not to be found down the chain.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }

// Is and As look at the error itself.
func (e *cleanError) Is(target error) bool { return errors.Is(e.err, target) }

// As is as Is.
func (e *cleanError) As(target any) bool { return errors.As(e.err, target) }

// clean returns err without credentials in its text.
func clean(secrets *canon.Secrets, err error) error {
	if err == nil {
		return nil
	}
	if text := secrets.Redact(err.Error()); text != err.Error() {
		return &cleanError{text, err}
	}
	return err
}
