package main

import (
	"context"

	"github.com/spf13/cobra"

	"rollcall/schedule"
	"rollcall/schedule/pipeline"
	"rollcall/sources"
)

// A scope holds the flags for what a backfill, or its plan, covers.
type scope struct {
	since, until timeFlag
	replay       bool
}

func (s *scope) add(c *cobra.Command) {
	c.Flags().Var(&s.since, "since", "only accounts created at that time or later")
	c.Flags().Var(&s.until, "until", "only accounts created before that time")
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
		Long: `Read the whole listing of each connection named, as sync does, and store a
checkpoint after each page if the provider's listing can be continued. An
interrupted backfill continues from its checkpoint, within 24 hours, unless
another run of the connection applied since, or its configuration or the
mapping changed. A listing that continued from a checkpoint deletes nothing.

With --since or --until, backfill reads only the accounts created then and
deletes none. With --replay it calls no provider: it maps stored payloads again
with this version's code, and retries rejects.

backfill waits for another run of a connection, up to the connection's TIMEOUT.
To see what it would change, run rollcall plan with the same flags.`,
		Example: `  rollcall backfill acme
  rollcall backfill acme --since 2026-01-01 --until 2026-02-01
  rollcall backfill acme --since 7d
  rollcall backfill acme --replay`,
		Args: someNames, ValidArgsFunction: a.completeNames,
	}
	var s scope
	var restart bool
	var format output
	s.add(c)
	format.addFormat(c)
	c.Flags().BoolVar(&restart, "restart", false, "ignore the checkpoint and start over")
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
				return a.sync(ctx, r, connections, &format, s.options(kind))
			})
		})(c, names)
	}
	return c
}
