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
	for a, err := range s.accounts(ctx) {
		if err != nil {
			return err
		}
		if a.err != nil {
			refused++
			last = &sources.PartError{Part: fmt.Sprintf("session %d", a.session+1), Err: advise(a.err)}
		}
	}
	if refused > 1 {
		return fmt.Errorf("%d of %d sessions could not be read, the last of them: %w", refused, len(s.sessions), last)
	}
	return last
}
