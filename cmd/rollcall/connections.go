package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
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
		Long: `List the configured connections and those in the directory, with their
accounts, their last run, and what needs a decision. Without ROLLCALL_SOURCES,
those of the last sync of all connections count as configured.`,
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
	var names, kinds []string // nil without ROLLCALL_SOURCES: the directory knows
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
		Short: "Rename a connection",
		Long: `Rename a connection in the whole directory. Its accounts keep their ids and
their history. Rename it in ROLLCALL_SOURCES too, with the variables that begin
with its name, while nothing runs.`,
		Example: "  rollcall connections rename acme acme-eu",
		Args:    oldAndNewName,
		RunE: a.does(func(ctx context.Context, args []string) error {
			from, to := args[0], args[1]
			if err := env.CheckName(to); err != nil {
				return usageError{err}
			}
			if from == to {
				return badUsage("%s is its name already; give another one", to)
			}
			return a.withAdmin(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
				accounts, err := admin.Rename(ctx, db, from, to)
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s is now %s, with its %d accounts\n", from, to, accounts)
				if configured, err := a.isConfigured(ctx, from); configured && err == nil {
					a.note("ROLLCALL_SOURCES still names %s: rename it there, and its variables from %s… to %s…, before the next run",
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
		Short: "Mark all accounts of a closed connection as deleted",
		Long: `Mark all live accounts of a connection as deleted, as a run of its own. Their
history stays. First remove the connection from ROLLCALL_SOURCES: a sync would
restore what its provider still lists. retire asks on a terminal, and needs
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
			return badUsage("%s is still configured: remove it from ROLLCALL_SOURCES first, or the next sync restores what its provider lists", name)
		}
		return a.withAdmin(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
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
