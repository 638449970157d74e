package main

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink"
	"rollcall/sink/admin"
)

func migrateCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema up to date, or show its versions",
		Long: `Bring the schema up to date, or show its versions. Commands that write bring it
up to date by themselves.`,
		Example: "  rollcall migrate status",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return badUsage("say which: up or status")
		},
	}
	c.AddCommand(migrateUpCommand(a), &cobra.Command{
		Use: "status", Short: "Show which versions are applied", Example: "  rollcall migrate status", Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error {
			return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
				return a.showVersions(ctx, db)
			})
		}),
	})
	return c
}

func migrateUpCommand(a *app) *cobra.Command {
	var search bool
	c := &cobra.Command{
		Use:   "up [flags]",
		Short: "Bring the schema up to date",
		Example: `  rollcall migrate up
  rollcall migrate up --search-index`,
		Args: noArguments,
	}
	c.Flags().BoolVar(&search, "search-index", false, "make the index for --search too; each change costs more from then on")
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		return a.withDirectory(ctx, func(ctx context.Context, cfg *config, db *sqlx.DB) error {
			if err := (sink.Migration{DB: db, ReaderRole: string(cfg.ReaderRole), Log: cfg.log}).Run(ctx); err != nil {
				return err
			}
			if err := a.showVersions(ctx, db); err != nil || !search {
				return err
			}
			if err := admin.IndexSearch(ctx, db); err != nil {
				return err
			}
			fmt.Fprintln(a.stderr, "the index for --search is there")
			return nil
		})
	})
	return c
}

func (a *app) showVersions(ctx context.Context, db *sqlx.DB) error {
	versions, err := sink.Versions(ctx, db)
	if err != nil {
		return err
	}
	rows := make([][]any, len(versions))
	for i, v := range versions {
		state := "pending"
		if v.Applied {
			state = "applied"
		}
		rows[i] = []any{v.Name, state}
	}
	return a.print("table", []string{"name", "state"}, rows, render.Text("VERSION", "name"), render.Text("STATE", "state"))
}
