package main

import (
	"cmp"
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

func historyCommand(a *app) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:   "history ID [flags]",
		Short: "Show the versions of an account, oldest first",
		Long: `Show the versions of an account, oldest first. ID is the directory's id or
source/external_id. A table shows times to the second; -o json shows them
exactly, as --as-of needs them.`,
		Example: `  rollcall history 42
  rollcall history acme/AC0123456789 -o json`,
		Args: oneAccount,
	}
	o.add(c, 0)
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		reference, err := reader.ParseReference(args[0])
		if err != nil {
			return usageError{err}
		}
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			account, err := reader.Find(ctx, db, reference)
			if err != nil {
				return err
			}
			return a.answer(ctx, db, reader.History(account), &o, a.table(
				render.Text("WHEN", "valid_from"), render.Text("OPERATION", "operation"), render.Number("RUN", "run_id").Drop(1),
				render.Func("WHAT", new(diffColumn).text).Wrap(),
			))
		})
	})
	return c
}

// A diffColumn shows what differs between a version and the one before.
type diffColumn struct{ before render.Row }

func (d *diffColumn) text(r render.Row) string {
	was := d.before
	d.before = r.Clone()
	switch r.Text("operation") {
	case "created":
		return named(r) + ", " + r.Text("status")
	case "deleted":
		return named(r)
	}
	changed, _ := r.Value("changed").([]string)
	parts := make([]string, len(changed))
	for i, name := range changed {
		parts[i] = name
		if was.Has(name) && name != "payload" && name != "deleted_at" {
			parts[i] += ": " + orNone(was.Text(name)) + " → " + orNone(r.Text(name))
		}
	}
	return strings.Join(parts, ", ")
}

func orNone(text string) string {
	return cmp.Or(text, "(none)")
}
