package main

import (
	"bufio"
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

func rejectsCommand(a *app) *cobra.Command {
	var names []string
	var search string
	var resolved bool
	var o output
	c := &cobra.Command{
		Use:   "rejects [flags]",
		Short: "List records that could not be taken, and why",
		Example: `  rollcall rejects
  rollcall rejects --source acme --resolved -o jsonl`,
		Args: noArguments,
	}
	c.Flags().StringSliceVar(&names, "source", nil, flagSource)
	c.Flags().StringVar(&search, "search", "", "with `TEXT` in the external id or the reason")
	c.Flags().BoolVar(&resolved, "resolved", false, "those too that were taken since, or are gone")
	o.add(c, tableLimit)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.answer(ctx, db, reader.Rejects(names, search, resolved), &o, func(out *bufio.Writer) printer {
				columns := []column{
					plain("SOURCE", "source"), plain("EXTERNAL ID", "external_id"), plain("LAST SEEN", "last_seen_at").spared(2),
					numeral("RUN", "run_id").spared(1),
				}
				if resolved {
					columns = append(columns, plain("RESOLVED", "resolved_at"))
				}
				columns = append(columns, plain("REASON", "reason"))
				return newTable(out, a.screen, columns...)
			})
		})
	})
	return c
}
