package main

import (
	"bufio"
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

func accountsCommand(a *app) *cobra.Command {
	var pick picking
	var o output
	c := &cobra.Command{
		Use:   "accounts [flags]",
		Short: "List accounts",
		Example: `  rollcall accounts --search example.com
  rollcall accounts --source acme --status suspended,closed
  rollcall accounts --as-of 2026-03-01 -o csv > accounts.csv`,
		Args: noArguments,
	}
	pick.add(c.Flags())
	o.add(c, tableLimit)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		if pick.deleted && !pick.asOf.IsZero() {
			return badUsage("--deleted and --as-of: take one of them; what was deleted then is in rollcall history")
		}
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.answerOf(ctx, db, pick.sources, reader.Accounts(pick.filter()), &o, func(out *bufio.Writer) printer {
				return newTable(out, a.screen, accountColumns(pick.deleted)...)
			})
		})
	})
	return c
}

func accountColumns(deleted bool) []column {
	columns := []column{
		{title: "ID", right: true, spare: 2, text: func(r row) string { return r.text("id") + r.text("account_id") }}, // account_id: as of a time
		plain("SOURCE", "source"), plain("EXTERNAL ID", "external_id"), plain("NAME", "name").yielding(),
		plain("STATUS", "status").spared(3), plain("KIND", "kind").yielding().spared(1),
	}
	if deleted {
		columns = append(columns, minute("DELETED", "deleted_at"))
	}
	return columns
}
