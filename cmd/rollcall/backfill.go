package main

import (
	"context"

	"github.com/spf13/cobra"

	"rollcall/schedule"
	"rollcall/schedule/pipeline"
	"rollcall/sources"
)

// A scope is the flags that say what a backfill, or its plan, covers.
type scope struct {
	since, until timeFlag
	replay       bool
}

func (s *scope) add(c *cobra.Command) {
	c.Flags().Var(&s.since, "since", "accounts created at that time or later only")
	c.Flags().Var(&s.until, "until", "accounts created before that time only")
	c.Flags().BoolVar(&s.replay, "replay", false, "map stored payloads again, without calling the provider")
	c.PreRunE = func(*cobra.Command, []string) error {
		if !s.until.IsZero() && !s.until.After(s.since.Time) {
			return badUsage("--until: must be later than --since")
		}
		return nil
	}
}

// options are those of a run of the kind, or of what the flags make of it.
func (s *scope) options(kind pipeline.Kind) pipeline.Options {
	o := pipeline.Options{Kind: kind, Window: sources.Window{Since: s.since.UTC(), Until: s.until.UTC()}}
	switch {
	case s.replay:
		o.Kind = pipeline.Replay
	case !o.Window.Whole() && kind != pipeline.Restart:
		o.Kind = pipeline.Backfill
	}
	return o
}

func backfillCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "backfill NAME…",
		Short: "Read all of a connection again, a window of it, or what is stored",
		Long: `Reads the whole listing of each connection named, as sync does, and keeps a
checkpoint after each page where the provider's listing can be continued. An
interrupted backfill continues from its checkpoint: for 24 hours, and as long as no
other run of the connection applied, and neither its configuration nor the mapping
changed. A listing that continued from a checkpoint deletes nothing.

With --since or --until it reads only the accounts created then and deletes none.
With --replay it calls no provider: it maps stored payloads again with today's code,
and retries rejects.

It waits for another run of a connection, up to the connection's TIMEOUT. rollcall
plan with the same flags shows what a backfill would change.`,
		Example: `  rollcall backfill acme
  rollcall backfill acme --since 2026-01-01 --until 2026-02-01
  rollcall backfill acme --replay`,
		Args: someNames,
	}
	var s scope
	var restart bool
	s.add(c)
	c.Flags().BoolVar(&restart, "restart", false, "start over: ignore a checkpoint")
	c.RunE = func(c *cobra.Command, names []string) error {
		if s.replay && restart {
			return badUsage("--restart: a replay has no checkpoint; leave one of the flags out")
		}
		return a.does(func(ctx context.Context, names []string) error {
			return a.withRunner(ctx, names, func(ctx context.Context, r *schedule.Runner, connections []sources.Configured) error {
				kind := pipeline.Backfill
				if restart {
					kind = pipeline.Restart
				}
				return a.sync(ctx, r, connections, s.options(kind))
			})
		})(c, names)
	}
	return c
}
