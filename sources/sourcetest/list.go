package sourcetest

import (
	"context"
	"errors"

	"rollcall/model"
	"rollcall/sources"
)

// Listed reads a listing to its end and returns its accounts, mapped as the
// engine does, in their order, and its errors.
func Listed(ctx context.Context, source sources.Source, w sources.Window) ([]model.Account, error) {
	canon := model.NewCanon(source.Metadata().Rules)
	var accounts []model.Account
	var errs []error
	for page, err := range source.List(ctx, w, "") {
		if err != nil {
			errs = append(errs, err)
		}
		for _, r := range page.Records {
			m, err := mapRecord(source, canon, r)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			accounts = append(accounts, m.account)
		}
	}
	return accounts, errors.Join(errs...)
}
