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
		Long: `Marks one account as deleted, as a run of its own; its history stays. Should the
provider list it again, the next sync restores it. ID is the directory's id or
source/external_id. It asks on a terminal, and needs --yes elsewhere.`,
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
				what = "was marked as deleted already"
			}
			_, err = fmt.Fprintf(a.stdout, "%s %s\n", render.Clean(args[0]), what)
			return err
		})
	})
	return c
}

func forgetCommand(a *app) *cobra.Command {
	var agreed consent
	c := &cobra.Command{
		Use:   "forget ID",
		Short: "Erase one account with its history and rejects",
		Long: `Erases one account with its history, and what was rejected, held or staged of it:
a privacy request. This cannot be undone. Accounts below it stay, without a
parent. Should the provider list it still, the next sync takes it in anew. ID is
the directory's id or source/external_id. It asks on a terminal, and needs --yes
elsewhere.`,
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
			_, err = fmt.Fprintf(a.stdout, "%s is erased; %d accounts right below it have no parent now\n", render.Clean(args[0]), children)
			return err
		})
	})
	return c
}

// withAccount looks an account up and hands it to work.
func (a *app) withAccount(ctx context.Context, id string, work func(context.Context, *sqlx.DB, reader.Account) error) error {
	reference, err := reader.ParseReference(id)
	if err != nil {
		return usageError{err}
	}
	return a.withKeeper(ctx, func(ctx context.Context, db *sqlx.DB) error {
		account, err := reader.Find(ctx, db, reference)
		if err != nil {
			return err
		}
		return work(ctx, db, account)
	})
}
