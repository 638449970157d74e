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

func forgetCommand(a *app) *cobra.Command {
	var agreed consent
	c := &cobra.Command{
		Use:   "forget ID",
		Short: "Erase one account with its history and rejects",
		Long: `Erase one account with its history, and its rejects, held deletions and staged
records, for a privacy request. This cannot be undone. Accounts below it stay,
without a parent. If the provider still lists it, the next sync adds it again.
ID is the directory's id or source/external_id. forget asks on a terminal, and
needs --yes elsewhere.`,
		Example: `  rollcall forget acme/AC0123456789
  rollcall forget 42 --yes`,
		Args: oneAccount,
	}
	agreed.add(c)
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		return a.withAccount(ctx, args[0], func(ctx context.Context, db *sqlx.DB, account reader.Account) error {
			if err := agreed.to(ctx, a, fmt.Sprintf("erase %s with all of its history, for ever", render.Clean(args[0]))); err != nil {
				return err
			}
			children, err := admin.Forget(ctx, db, account.Source, account.ID)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s is erased; %d accounts directly below it now have no parent\n", render.Clean(args[0]), children)
			return err
		})
	})
	return c
}
