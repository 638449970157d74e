package main

import (
	"context"

	"github.com/spf13/cobra"

	"rollcall/schedule"
	"rollcall/sources"
)

// A scope is the flags that say what a backfill, or its plan, goes over.
type scope struct {
	since, until timeFlag
	replay       bool
}

func (s *scope) add(c *cobra.Command) {
	c.Flags().Var(&s.since, "since", "accounts created at that time or later only")
	c.Flags().Var(&s.until, "until", "accounts created before that time only")
	c.Flags().BoolVar(&s.replay, "replay", false, "map what is stored again, without asking the provider")
	c.PreRunE = func(*cobra.Command, []string) error {
		if !s.until.IsZero() && !s.until.After(s.since.Time) {
			return badUsage("--until: must be later than --since")
		}
		return nil
	}
}

func (s *scope) options(trigger string) schedule.Options {
	return schedule.Options{
		Trigger: trigger, Wait: true, Replay: s.replay,
		Window: sources.Window{Since: s.since.UTC(), Until: s.until.UTC()},
	}
}

func backfillCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "backfill NAME…",
		Short: "Read all of a connection again, a window of it, or what is stored",
		Long: `Reads the whole listing of each connection named, as sync does, and keeps a
checkpoint after each page where the provider's listing can be continued. Run
again after it was interrupted, it goes on from there: for 24 hours, and as long
as no other run of the connection applied, and neither its configuration nor the
mapping changed. A listing that went on from a checkpoint deletes nothing.

With --since or --until it takes in the accounts created then, and those alone:
none is deleted. With --replay it asks no provider: what is stored is mapped with
today's code, and records that could not be taken are tried again.

A connection that another run holds is waited for, up to its TIMEOUT. What a
backfill would change tells rollcall plan, with the same flags.`,
		Example: `  rollcall backfill acme
  rollcall backfill acme --since 2026-01-01 --until 2026-02-01
  rollcall backfill acme --replay`,
		Args: someNames,
	}
	var s scope
	var restart bool
	s.add(c)
	c.Flags().BoolVar(&restart, "restart", false, "begin anew: do not go on from a checkpoint")
	c.RunE = func(c *cobra.Command, names []string) error {
		if s.replay && restart {
			return badUsage("--restart: a replay has no checkpoint that it could go on from")
		}
		return a.does(func(ctx context.Context, names []string) error {
			return a.withRunner(ctx, names, func(ctx context.Context, r *schedule.Runner, connections []sources.Configured) error {
				o := s.options(schedule.Backfill)
				o.Restart = restart
				return a.sync(ctx, r, connections, o)
			})
		})(c, names)
	}
	return c
}
