package main

import (
	"bufio"
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

func historyCommand(a *app) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:   "history ID [flags]",
		Short: "Tell what became of an account, oldest first",
		Long: `Tell what became of an account, oldest first. ID is the directory's id or
source/external_id. A table has times to the second; -o json has them exactly, as
--as-of must be told them.`,
		Example: `  rollcall history 42
  rollcall history acme/AC0123456789 -o json`,
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
			return a.answer(ctx, db, reader.History(account), &o, func(out *bufio.Writer) printer {
				var s chronicle
				return newTable(
					out, a.screen, plain("WHEN", "valid_from"), plain("OPERATION", "operation"), numeral("RUN", "run_id").spared(1),
					column{title: "WHAT", text: s.next},
				)
			})
		})
	})
	return c
}

// A chronicle tells each version by what differs from the one before.
type chronicle struct{ before []any }

func (s *chronicle) next(r row) string {
	was := row{r.columns, s.before}
	s.before = append([]any(nil), r.values...)
	changed, _ := r.value("changed").([]string)
	switch r.text("operation") {
	case "created":
		return named(r) + ", " + r.text("status")
	case "deleted":
		return named(r)
	}
	var parts []string
	for _, name := range changed {
		switch {
		case was.values == nil || name == "payload" || name == "deleted_at":
			parts = append(parts, name)
		default:
			parts = append(parts, name+": "+orNothing(was.text(name))+" → "+orNothing(r.text(name)))
		}
	}
	return strings.Join(parts, ", ")
}

func orNothing(text string) string {
	if text == "" {
		return "(none)"
	}
	return text
}
