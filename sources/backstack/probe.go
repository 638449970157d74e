package backstack

import (
	"context"
	"fmt"

	"rollcall/sources"
)

// Probe asks every session for its account: each of them is a credential.
func (s *source) Probe(ctx context.Context) error {
	refused := 0
	var last error
	ask := func(ctx context.Context, i int) error {
		_, err := s.account(ctx, i)
		return err
	}
	for i, err := range ahead(ctx, len(s.sessions), s.ahead, ask) {
		if err != nil {
			refused++
			last = &sources.PartError{Part: fmt.Sprintf("session %d", i+1), Err: advise(err)}
		}
	}
	if refused > 1 {
		return fmt.Errorf("%d of %d sessions could not be read, the last of them: %w", refused, len(s.sessions), last)
	}
	return last
}
