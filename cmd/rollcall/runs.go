package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

func runsCommand(a *app) *cobra.Command {
	var names []string
	statuses := choices{from: runStates}
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
			return a.answerOf(ctx, db, names, reader.Runs(names, statuses.values), &o, func(out *bufio.Writer) printer {
				return newTable(
					out, a.screen, numeral("ID", "id"), plain("SOURCE", "source"), plain("TRIGGER", "trigger").spared(1),
					plain("STATUS", "status"), plain("STARTED", "started_at"),
					column{title: "TOOK", right: true, spare: 3, text: took}, numeral("READ", "fetched").spared(2),
					column{title: "WHAT", text: outcome},
				)
			})
		})
	})
	return c
}

// took is how long a run was at work.
func took(r row) string {
	start, _ := r.value("started_at").(time.Time)
	end, ended := r.value("finished_at").(time.Time)
	if !ended {
		return ""
	}
	return end.Sub(start).Round(time.Second / 10).String()
}

// outcome is what a run did, and what kept it from doing more.
func outcome(r row) string {
	var parts []string
	for _, count := range []string{"created", "updated", "moved", "deleted", "restored", "rejected", "held"} {
		if n := r.number(count); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, count))
		}
	}
	what := strings.Join(parts, ", ")
	if err := r.text("error"); err != "" {
		return strings.TrimPrefix(what+": "+err, ": ")
	}
	return what
}
