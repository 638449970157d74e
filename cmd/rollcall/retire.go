package main

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/admin"
	"rollcall/sink/reader"
)

func retireCommand(a *app) *cobra.Command {
	var agreed consent
	c := &cobra.Command{
		Use:   "retire ID",
		Short: "Mark one account as deleted",
		Long: `Mark one account as deleted, as a run of its own. Its history stays. If the
provider lists it again, the next sync restores it. ID is the directory's id or
source/external_id. retire asks on a terminal, and needs --yes elsewhere.`,
		Example: `  rollcall retire 42
  rollcall retire acme/AC0123456789 --yes`,
		Args: oneAccount,
	}
	agreed.add(c)
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		return a.withAccount(ctx, args[0], func(ctx context.Context, db *sqlx.DB, account reader.Account) error {
			if err := agreed.to(ctx, a, fmt.Sprintf("mark %s as deleted", render.Clean(args[0]))); err != nil {
				return err
			}
			report, err := admin.RetireAccount(ctx, db, account.Source, account.ID)
			if err != nil {
				return err
			}
			what := "is marked as deleted"
			if report.Deleted == 0 {
				what = "was already marked as deleted"
			}
			_, err = fmt.Fprintf(a.stdout, "%s %s\n", render.Clean(args[0]), what)
			return err
		})
	})
	return c
}

// withAccount calls work with an account.
func (a *app) withAccount(ctx context.Context, id string, work func(context.Context, *sqlx.DB, reader.Account) error) error {
	reference, err := reader.ParseReference(id)
	if err != nil {
		return usageError{err}
	}
	return a.withAdmin(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
		account, err := reader.Find(ctx, db, reference)
		if err != nil {
			return err
		}
		return work(ctx, db, account)
	})
}
