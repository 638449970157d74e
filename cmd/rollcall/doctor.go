package main

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/admin"
)

func doctorCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor [NAME…]",
		Short: "Check the database and each connection, and say what to fix",
		Long: `Check the database, its schema and this role's rights in it; and for each
connection, or those named, its host, its credential and its right to list
accounts, with one cheap request. doctor writes nothing. Exit status 1 means
that a check failed.`,
		Example: `  rollcall doctor
  rollcall doctor acme -o jsonl`,
		ValidArgsFunction: a.completeNames,
	}
	var o output
	o.addFormat(c)
	c.RunE = a.does(func(ctx context.Context, names []string) error {
		cfg, err := a.configure(ctx, needs{database: true, connections: true, only: names})
		if err != nil {
			return err
		}
		findings := a.examine(ctx, cfg)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := a.showFindings(findings, o.format.value); err != nil {
			return err
		}
		for _, f := range findings {
			if f.State == admin.Failed {
				return exitError(exitFailed)
			}
		}
		return nil
	})
	return c
}

// examine checks the database, and the connections even if the database cannot be
// reached.
func (a *app) examine(ctx context.Context, cfg *config) (findings []admin.Finding) {
	var db *sqlx.DB
	opened, closeDB, err := a.openDatabase(ctx, cfg, doctorSessions)
	if err != nil {
		findings = append(findings, admin.Finding{Subject: "database", Check: "reachable", State: admin.Failed, Detail: err.Error()})
	} else {
		db = opened
		defer func() { _ = closeDB() }() // its error is no finding
		findings = append(findings, admin.Examine(ctx, db, string(cfg.ReaderRole), sessionsFor(cfg.Parallel))...)
	}
	return append(findings, a.examineConnections(ctx, cfg, db)...)
}

func (a *app) showFindings(findings []admin.Finding, format string) error {
	rows := make([][]any, len(findings))
	for i, f := range findings {
		rows[i] = []any{f.Subject, f.Check, f.State, orNull(f.Detail)}
	}
	return a.print(format, []string{"subject", "check", "state", "detail"}, rows,
		render.Text("WHAT", "subject"), render.Text("CHECK", "check"), render.Text("STATE", "state"), render.Text("DETAIL", "detail").Wrap())
}
