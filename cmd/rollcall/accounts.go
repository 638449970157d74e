package main

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

func accountsCommand(a *app) *cobra.Command {
	var filter accountFlags
	var o output
	c := &cobra.Command{
		Use:   "accounts [flags]",
		Short: "List accounts",
		Example: `  rollcall accounts --search example.com
  rollcall accounts --source acme --status suspended,closed
  rollcall accounts --as-of 2026-03-01 -o csv > accounts.csv`,
		Args: noArguments,
	}
	filter.add(c.Flags())
	o.add(c, tableLimit)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		if filter.deleted && !filter.asOf.IsZero() {
			return badUsage("--deleted and --as-of exclude each other; rollcall history shows what was deleted by then")
		}
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.answerOf(ctx, db, filter.sources, reader.Accounts(filter.filter()), &o, a.table(accountColumns(filter.deleted)...))
		})
	})
	return c
}

func accountColumns(deleted bool) []render.Column {
	columns := []render.Column{
		render.Func("ID", func(r render.Row) string { return r.Text("id") + r.Text("account_id") }).Right().Drop(2), // account_id: as of a time
		render.Text("SOURCE", "source"), render.Text("EXTERNAL ID", "external_id"), render.Text("NAME", "name").Shrink(),
		render.Text("STATUS", "status").Drop(3), render.Text("KIND", "kind").Shrink().Drop(1),
	}
	if deleted {
		columns = append(columns, render.Minute("DELETED", "deleted_at"))
	}
	return columns
}
