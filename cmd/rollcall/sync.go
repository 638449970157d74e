package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/schedule"
	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sources"
)

func syncCommand(a *app) *cobra.Command {
	var allow bool
	var o output
	c := &cobra.Command{
		Use:   "sync [NAME…]",
		Short: "Run every connection once, or those named",
		Long: `Pull the accounts of every connection in ROLLCALL_SOURCES, or of those named,
and bring the directory up to date. Connections run concurrently, and a failing
one does not disturb the others.

sync skips a connection that another run holds. If the connection is named, it
waits for that run, up to the connection's TIMEOUT.

A connection that now reads another host or provider account fails if its
listing has less than half of the live accounts; --allow-deletes applies it.

Exit status: 0 success; 1 a connection failed or was partial; 2 bad usage or
configuration, nothing was started; 3 no failure, but deletions are held.`,
		Example: `  rollcall sync
  rollcall sync acme --allow-deletes   # carry out held deletions
  rollcall sync -o jsonl`,
		ValidArgsFunction: a.completeNames,
	}
	c.Flags().BoolVar(&allow, "allow-deletes", false, "carry out held deletions, and apply the listing of another provider account (needs NAME)")
	o.addFormat(c)
	c.RunE = func(c *cobra.Command, names []string) error {
		if allow && len(names) == 0 {
			return badUsage("--allow-deletes needs the NAME of a connection")
		}
		return a.does(func(ctx context.Context, names []string) error {
			return a.withRunner(ctx, names, func(ctx context.Context, r *schedule.Runner, connections []sources.Configured) error {
				kind := pipeline.Sync
				switch {
				case allow:
					kind = pipeline.AllowDeletes
				case len(names) > 0:
					kind = pipeline.SyncNamed
				}
				err := a.sync(ctx, r, connections, &o, pipeline.Options{Kind: kind})
				if len(names) > 0 {
					return err // it says nothing about the others
				}
				return errors.Join(err, noteConfigured(ctx, r.DB, connections))
			})
		})(c, names)
	}
	return c
}

// noteConfigured stores in the directory which connections are configured.
func noteConfigured(ctx context.Context, db *sqlx.DB, connections []sources.Configured) error {
	names := make([]string, len(connections))
	for i, c := range connections {
		names[i] = c.Name
	}
	return sink.Configured(ctx, db, names)
}

// sync runs the connections and prints how each one ended; the log says why.
func (a *app) sync(ctx context.Context, r *schedule.Runner, connections []sources.Configured, format *output, o pipeline.Options) error {
	stop := a.watch(&o, r.Log, len(connections))
	results := r.Sync(ctx, connections, o)
	stop()
	if err := a.summarize(results, format.format.value); err != nil {
		return err
	}
	return statusOf(results)
}

// statusOf returns the exit status of the results.
func statusOf(results []pipeline.Result) error {
	held := false
	for _, result := range results {
		if result.Err != nil {
			return exitError(exitFailed)
		}
		held = held || result.Status == "held"
	}
	if held {
		return exitError(exitHeld)
	}
	return nil
}

// summarize prints the results, under the names of the columns of directory.runs.
func (a *app) summarize(results []pipeline.Result, format string) error {
	rows := make([][]any, len(results))
	for i, r := range results {
		var id, problem any
		if r.RunID != 0 {
			id = r.RunID
		}
		if r.Err != nil {
			problem = r.Err.Error()
		} else if r.Error != "" {
			problem = r.Error
		}
		rows[i] = []any{
			r.Source, id, cmp.Or(r.Status, "failed"), r.Took.Seconds(), r.Fetched,
			r.Created, r.Updated, r.Moved, r.Deleted, r.Restored, r.Rejected, r.Held, problem,
		}
	}
	names := slices.Concat([]string{"source", "id", "status", "took_seconds", "fetched"}, runChanges, []string{"error"})
	return a.print(format, names, rows,
		render.Text("SOURCE", "source"), render.Text("RUN", "id").Right().Drop(1), render.Text("STATUS", "status"),
		render.Func("TOOK", tookSeconds).Right().Drop(2), render.Number("READ", "fetched"), render.Func("WHAT", outcome).Wrap())
}

func tookSeconds(r render.Row) string {
	seconds, _ := r.Value("took_seconds").(float64)
	return time.Duration(seconds * float64(time.Second)).Round(time.Second / 100).String()
}
