package audian

import (
	"context"
	"errors"
	"fmt"

	"rollcall/sources"
)

// Probe gets a token, and asks for the credential's own account and for a list
// of one account below it.
func (s *source) Probe(ctx context.Context) error {
	err := s.token.ready(ctx)
	if err == nil {
		_, err = s.get(ctx, s.account)
	}
	if err == nil {
		if _, err = s.page(ctx, ref(s.account, "/descendants"), position{}, 1); missing(err) {
			_, err = s.page(ctx, ref(s.account, "/accounts"), position{}, 1)
		}
	}
	if failure := (*tokenError)(nil); errors.As(err, &failure) {
		return fmt.Errorf("%w: %w", sources.ErrCredential, err)
	}
	return err
}
