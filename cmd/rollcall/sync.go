package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/schedule"
	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sources"
	"rollcall/sources/env"
	"rollcall/sources/fetch"
)

func syncCommand(a *app) *cobra.Command {
	var allow bool
	c := &cobra.Command{
		Use:   "sync [NAME…]",
		Short: "Run every connection once, or those named",
		Long: `Pulls the accounts of every connection in ROLLCALL_SOURCES, or of those named,
and brings the directory up to date. Connections run concurrently, and one that
fails disturbs no other.

It skips a connection that another run holds; it waits for one that is named, up to
the connection's TIMEOUT.

A connection that reads another host or provider account than before fails where
its listing has less than half of the live accounts; --allow-deletes applies it.

Exit status: 0 success; 1 a connection failed or was partial; 2 bad usage or
configuration, nothing was started; 3 no failure, but deletions are held.`,
		Example: `  rollcall sync
  rollcall sync acme --allow-deletes   # carry out held deletions`,
	}
	c.Flags().BoolVar(&allow, "allow-deletes", false, "delete what is held, and apply the listing of another provider account (needs NAME)")
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
				err := a.sync(ctx, r, connections, pipeline.Options{Kind: kind})
				if len(names) > 0 {
					return err // the others may be configured or not
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

// sync runs the connections and summarizes how each one ended; the log says why.
func (a *app) sync(ctx context.Context, r *schedule.Runner, connections []sources.Configured, o pipeline.Options) error {
	stop := a.watch(&o, r.Log, len(connections))
	results := r.Sync(ctx, connections, o)
	stop()
	if a.screen.Terminal() || a.summary {
		if err := a.summarize(results); err != nil {
			return err
		}
	}
	return statusOf(results)
}

// statusOf is the exit status that the results come to.
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

// summarize shows the results to people: the log is for machines.
func (a *app) summarize(results []pipeline.Result) error {
	rows := make([][]any, len(results))
	for i, r := range results {
		rows[i] = []any{
			r.Source, r.RunID, r.Status, r.Took.Round(time.Second / 100).String(), r.Fetched,
			r.Created, r.Updated, r.Moved, r.Deleted, r.Restored, r.Rejected, r.Held, nil,
		}
		if r.Err != nil {
			rows[i][len(rows[i])-1] = r.Err.Error()
		}
	}
	names := slices.Concat([]string{"source", "id", "status", "took", "fetched"}, runChanges, []string{"error"})
	return a.print("table", names, rows,
		render.Text("SOURCE", "source"), render.Number("RUN", "id").Drop(1), render.Text("STATUS", "status"),
		render.Text("TOOK", "took").Right().Drop(2), render.Number("READ", "fetched"), render.Func("WHAT", outcome).Wrap())
}

// withRunner reads the configuration of the connections, opens the database,
// brings its schema up to date and hands what runs connections to work.
func (a *app) withRunner(ctx context.Context, names []string, work func(context.Context, *schedule.Runner, []sources.Configured) error) error {
	cfg, err := a.configure(ctx, needs{database: true, connections: true, only: names})
	if err != nil {
		return err
	}
	db, closeDB, err := a.openDatabase(ctx, cfg, sessionsFor(cfg.Parallel))
	if err != nil {
		return err
	}
	return errors.Join(a.migrated(ctx, cfg, db, work), closeDB())
}

// sessionsFor is how many sessions that many runs at once need: each holds one,
// and one more is there to record the end of a run whose own was lost.
func sessionsFor(parallel int) int { return parallel + 1 }

func (a *app) migrated(ctx context.Context, cfg *config, db *sqlx.DB, work func(context.Context, *schedule.Runner, []sources.Configured) error) error {
	if err := (sink.Migration{DB: db, ReaderRole: string(cfg.ReaderRole), Log: cfg.log}).Run(ctx); err != nil {
		return err
	}
	return work(ctx, a.runner(cfg, db), cfg.connections)
}

// runner runs connections against db.
func (a *app) runner(cfg *config, db *sqlx.DB) *schedule.Runner {
	return &schedule.Runner{
		Runner:   pipeline.Runner{DB: db, Log: cfg.log, Open: a.reopen},
		Parallel: cfg.Parallel, Keep: time.Duration(cfg.Retention),
	}
}

// reopen opens a connection with its variables as they are now.
func (a *app) reopen(ctx context.Context, c sources.Configured, log *slog.Logger, arrived func(kind, id string)) (sources.Source, error) {
	fresh, err := env.Reread(ctx, a.env, c)
	if err != nil {
		return nil, err
	}
	return fresh.Open(userAgent(), log, func(at fetch.Attempt) {
		if a.observe != nil {
			a.observe(c.Name, at)
		}
	}, arrived)
}
