package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

func runsCommand(a *app) *cobra.Command {
	var names []string
	statuses := enumsFlag{from: runStates}
	var o output
	c := &cobra.Command{
		Use:   "runs [flags]",
		Short: "List runs, newest first, and what they changed",
		Example: `  rollcall runs --source acme
  rollcall runs --status failed,partial --limit 10`,
		Args: noArguments,
	}
	c.Flags().StringSliceVar(&names, "source", nil, flagSource)
	c.Flags().Var(&statuses, "status", flagStatus+oneOf(runStates))
	o.add(c, tableLimit)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.answerOf(ctx, db, names, reader.Runs(names, statuses.values), &o, a.table(
				render.Number("ID", "id"), render.Text("SOURCE", "source"), render.Text("TRIGGER", "trigger").Drop(1),
				render.Text("STATUS", "status"), render.Text("STARTED", "started_at"),
				render.Func("TOOK", took).Right().Drop(3), render.Number("READ", "fetched").Drop(2),
				render.Func("WHAT", outcome).Wrap(),
			))
		})
	})
	return c
}

// took returns the duration of a run, or "" while it lasts.
func took(r render.Row) string {
	start, _ := r.Value("started_at").(time.Time)
	end, ended := r.Value("finished_at").(time.Time)
	if !ended {
		return ""
	}
	return end.Sub(start).Round(time.Second / 10).String()
}

// runChanges are the columns that count what a run changed or left out.
var runChanges = []string{"created", "updated", "moved", "deleted", "restored", "rejected", "held"}

// outcome returns what a run changed, and what kept it from changing more.
func outcome(r render.Row) string {
	var parts []string
	for _, count := range runChanges {
		if n := r.Number(count); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, count))
		}
	}
	what := strings.Join(parts, ", ")
	if err := r.Text("error"); err != "" {
		return strings.TrimPrefix(what+": "+err, ": ")
	}
	return what
}
