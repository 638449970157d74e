package signalwire

import (
	"context"

	"rollcall/sources"
)

// Probe asks for a page of one account.
func (s *source) Probe(ctx context.Context) error {
	_, err := s.readPage(ctx, s.first(1), 1, func(sources.Page, error) bool { return true })
	return err
}
