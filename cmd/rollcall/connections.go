package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink"
	"rollcall/sink/admin"
	"rollcall/sink/reader"
	"rollcall/sources"
	"rollcall/sources/env"
)

func connectionsCommand(a *app) *cobra.Command {
	var o output
	c := &cobra.Command{
		Use:   "connections",
		Short: "List connections; rename one, or retire it",
		Long: `List the connections that are configured, and those that the directory knows, with
their accounts, their last run and what waits for someone to look at it. Without
ROLLCALL_SOURCES those are configured that the last sync of all connections had.`,
		Example: `  rollcall connections
  rollcall connections rename acme acme-eu
  rollcall connections retire acme`,
		Args: noArguments,
	}
	o.add(c, 0)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			return a.listConnections(ctx, db, &o)
		})
	})
	c.AddCommand(renameCommand(a), retireConnectionCommand(a))
	return c
}

func (a *app) listConnections(ctx context.Context, db *sqlx.DB, o *output) error {
	configured, err := env.Listed(ctx, providers, a.env)
	if err != nil {
		return err
	}
	var names, kinds []string // nil, where ROLLCALL_SOURCES is not set, asks the directory
	for _, c := range configured {
		names, kinds = append(names, c.Name), append(kinds, c.Provider)
	}
	return a.answer(ctx, db, reader.Connections(names, kinds, nil), o, a.table(
		render.Text("SOURCE", "source"), render.Text("PROVIDER", "provider").Drop(1),
		render.Func("CONFIG", func(r render.Row) string { return yesNo(r.Value("configured") == true) }).Drop(4),
		render.Number("LIVE", "accounts_live"), render.Number("DELETED", "accounts_deleted").Drop(3), render.Number("HELD", "deletions_held"),
		render.Number("REJECTS", "rejects_open"), render.Minute("LAST RUN", "last_run_at").Drop(2), render.Text("STATUS", "last_status"),
		render.Minute("LAST SUCCESS", "last_success_at"),
	))
}

func yesNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

func renameCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "rename OLD NEW",
		Short: "Give a connection another name",
		Long: `Gives a connection another name in the whole directory: its accounts keep their
ids and their history. ROLLCALL_SOURCES, and the variables that begin with the
old name, are yours to rename: do it while nothing runs.`,
		Example: "  rollcall connections rename acme acme-eu",
		Args:    oldAndNewName,
		RunE: a.does(func(ctx context.Context, args []string) error {
			from, to := args[0], args[1]
			if err := env.CheckName(to); err != nil {
				return usageError{err}
			}
			if from == to {
				return badUsage("%s is its name already: give another one", to)
			}
			return a.withKeeper(ctx, func(ctx context.Context, db *sqlx.DB) error {
				accounts, err := admin.Rename(ctx, db, from, to)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s is %s now, with its %d accounts\n", from, to, accounts)
				if configured, err := a.isConfigured(ctx, from); configured && err == nil {
					fmt.Fprintf(a.stderr, "ROLLCALL_SOURCES still names %s: rename it there, and its variables from %s… to %s…, before the next run\n",
						from, prefixOf(from), prefixOf(to))
				}
				return nil
			})
		}),
	}
}

func prefixOf(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_"
}

func retireConnectionCommand(a *app) *cobra.Command {
	var agreed consent
	c := &cobra.Command{
		Use:   "retire NAME",
		Short: "Mark all accounts of a connection as deleted: it is gone for good",
		Long: `Marks all live accounts of a connection as deleted, as a run of its own. Their
history stays. The connection must not be in ROLLCALL_SOURCES any more: a sync
would bring back what its provider still lists. It asks on a terminal, and needs
--yes elsewhere.`,
		Example: `  rollcall connections retire acme
  rollcall connections retire acme --yes`,
		Args: oneConnection,
	}
	agreed.add(c)
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		name := args[0]
		configured, err := a.isConfigured(ctx, name)
		if err != nil {
			return err
		}
		if configured {
			return badUsage("%s is still configured: take it out of ROLLCALL_SOURCES first, or the next sync brings back what its provider lists", name)
		}
		return a.withKeeper(ctx, func(ctx context.Context, db *sqlx.DB) error {
			live, err := admin.LiveAccounts(ctx, db, name)
			if err != nil {
				return err
			}
			if err := agreed.to(ctx, a, fmt.Sprintf("mark %d accounts of %s as deleted", live, name)); err != nil {
				return err
			}
			report, err := admin.Retire(ctx, db, name)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s is retired: %d accounts are marked as deleted\n", name, report.Deleted)
			return err
		})
	})
	return c
}

// isConfigured reports whether ROLLCALL_SOURCES names the connection.
func (a *app) isConfigured(ctx context.Context, name string) (bool, error) {
	configured, err := env.Listed(ctx, providers, a.env)
	return slices.ContainsFunc(configured, func(c sources.Connection) bool { return c.Name == name }), err
}

// keeperSessions is the size of the pool of a command that changes the directory
// by hand: the run's session, and one to record its end should that be lost.
const keeperSessions = 2

// withKeeper hands the database, its schema up to date, to work.
func (a *app) withKeeper(ctx context.Context, work func(context.Context, *sqlx.DB) error) error {
	cfg, err := a.configure(ctx, needs{database: true})
	if err != nil {
		return err
	}
	db, closeDB, err := a.openDatabase(ctx, cfg, keeperSessions)
	if err != nil {
		return err
	}
	if err = (sink.Migration{DB: db, ReaderRole: string(cfg.ReaderRole), Log: cfg.log}).Run(ctx); err == nil {
		err = work(ctx, db)
	}
	return errors.Join(err, closeDB())
}
