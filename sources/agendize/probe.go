package agendize

import (
	"context"
	"time"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

// Probe asks for the accounts created from now on: the list, and nothing in it.
func (s *source) Probe(ctx context.Context) error {
	_, _, err := s.read(ctx, filter(sources.Window{Since: time.Now()}), &fetch.Tally{}, func(sources.Page, error) bool { return true })
	return err
}
