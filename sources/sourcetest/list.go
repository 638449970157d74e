package sourcetest

import (
	"context"
	"errors"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/sources"
)

// Listed reads a listing to its end and returns its accounts, mapped as the
// engine does, in their order, and its errors.
func Listed(ctx context.Context, source sources.Source, w sources.Window) ([]model.Account, error) {
	c := canon.New(source.Metadata().Rules)
	var accounts []model.Account
	var errs []error
	for page, err := range source.List(ctx, w, "") {
		if err != nil {
			errs = append(errs, err)
		}
		for _, r := range page.Records {
			m, err := mapRecord(source, c, r)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			accounts = append(accounts, m.account)
		}
	}
	return accounts, errors.Join(errs...)
}
