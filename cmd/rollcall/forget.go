package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink"
	"rollcall/sink/reader"
)

func retireCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "retire ID",
		Short: "Mark one account as deleted",
		Long: `Marks one account as deleted, as a run of its own; its history stays. Should the
provider list it again, the next sync restores it. ID is the directory's id or
source/external_id.`,
		Example: `  rollcall retire 42
  rollcall retire acme/AC0123456789`,
		Args: oneAccount,
		RunE: a.does(func(ctx context.Context, args []string) error {
			return a.withAccount(ctx, args[0], func(ctx context.Context, db *sqlx.DB, account reader.Account) error {
				report, err := sink.RetireAccount(ctx, db, account.Source, account.ID)
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
		}),
	}
}

func forgetCommand(a *app) *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use:   "forget ID",
		Short: "Erase one account with its history and rejects",
		Long: `Erases one account with its history, and what was rejected, held or staged of it:
a privacy request. This cannot be undone. Accounts below it stay, without a
parent. Should the provider list it still, the next sync takes it in anew. ID is
the directory's id or source/external_id.`,
		Example: `  rollcall forget acme/AC0123456789
  rollcall forget 42 --yes`,
		Args: oneAccount,
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask (it is asked on a terminal only)")
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		return a.withAccount(ctx, args[0], func(ctx context.Context, db *sqlx.DB, account reader.Account) error {
			if !yes && a.screen.Terminal() && render.Width(os.Stdin) > 0 {
				if err := a.confirm(ctx, os.Stdin, args[0]); err != nil {
					return err
				}
			}
			children, err := sink.Forget(ctx, db, account.Source, account.ID)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s is erased; %d accounts right below it have no parent now\n", render.Clean(args[0]), children)
			return err
		})
	})
	return c
}

// confirm asks on a terminal; nothing but yes is a yes.
func (a *app) confirm(ctx context.Context, in io.Reader, account string) error {
	fmt.Fprintf(a.stderr, "Erase %s with all of its history, for ever? [yes/no] ", render.Clean(account))
	answered := make(chan string, 1)
	go func() { // a read cannot be cut short: the end of the program ends it
		answer, _ := bufio.NewReader(in).ReadString('\n') // no answer is no
		answered <- answer
	}()
	select {
	case answer := <-answered:
		if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
			return errors.New("nothing was erased")
		}
		return nil
	case <-ctx.Done():
		fmt.Fprintln(a.stderr, "\nnothing was erased")
		return context.Cause(ctx)
	}
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
