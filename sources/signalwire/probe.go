package signalwire

import (
	"context"
	"fmt"

	"rollcall/sources"
	"rollcall/sources/fetch"
)

// Probe asks for a page of one account, and checks that the link to the next
// page can be followed.
func (s *source) Probe(ctx context.Context) error {
	next, err := s.readPage(ctx, s.first(1), 1, &fetch.Tally{}, func(sources.Page, error) bool { return true })
	if err != nil || next == "" {
		return err
	}
	if err := s.client.Check(next); err != nil {
		return fmt.Errorf("the link to the next page cannot be followed: %w", err)
	}
	return nil
}
