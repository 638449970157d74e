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
		Use:   "doctor",
		Short: "Check the database and each connection, and tell what to do",
		Long: `Checks the database, its schema and this role's rights in it, and of each
connection the host, the credential and the right to list, with one cheap
request. It writes nothing. Exit status 1 means that something failed.`,
		Example: `  rollcall doctor
  rollcall doctor -o jsonl`,
		Args: noArguments,
	}
	var o output
	o.addFormat(c)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		cfg, err := a.configure(ctx, needs{database: true, connections: true})
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

// doctorSessions is what it takes to tell a pooler from a server.
const doctorSessions = 2

// examine looks at the database and at the connections; at those also where the
// database cannot be reached.
func (a *app) examine(ctx context.Context, cfg *config) (findings []admin.Finding) {
	var db *sqlx.DB
	opened, closeDB, err := a.openDatabase(ctx, cfg, doctorSessions)
	if err != nil {
		findings = append(findings, admin.Finding{Subject: "database", Check: "reachable", State: admin.Failed, Detail: err.Error()})
	} else {
		db = opened
		defer func() { _ = closeDB() }() // what it could tell is no finding
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
