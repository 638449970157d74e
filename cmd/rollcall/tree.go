package main

import (
	"bufio"
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

// treeLimit is how many accounts a tree has without --limit: what a person can still
// read.
const treeLimit = 200

func treeCommand(a *app) *cobra.Command {
	var filter accountFlags
	var o output
	depth := -1
	c := &cobra.Command{
		Use:   "tree [ID] [flags]",
		Short: "Show the hierarchy of all accounts, or below one",
		Long: `Show the hierarchy of all accounts, or of one and those below it. ID is the
directory's id or source/external_id. Accounts that match are shown with all
above them; an account whose parent the directory does not know is marked.

--depth leaves out deeper levels and counts the accounts in them. After 200
accounts, or after --limit, the rest is counted.`,
		Example: `  rollcall tree --source acme
  rollcall tree --depth 1
  rollcall tree acme/AC0123456789 --deleted
  rollcall tree 42 --as-of 2026-03-01
  rollcall tree --limit 0 | less`,
		Args: maybeAccount,
	}
	filter.add(c.Flags())
	c.Flags().Var(&countFlag{&depth}, "depth", "at most `N` levels below the topmost accounts")
	c.Flags().Lookup("depth").DefValue = "0" // or the help shows -1
	o.add(c, treeLimit)
	c.RunE = a.does(func(ctx context.Context, args []string) error {
		var reference *reader.Reference
		if len(args) > 0 {
			r, err := reader.ParseReference(args[0])
			if err != nil {
				return usageError{err}
			}
			if reference = &r; len(filter.sources) > 0 {
				return badUsage("--source and ID exclude each other: a tree is within one connection")
			}
		}
		return a.withDirectory(ctx, func(ctx context.Context, _ *config, db *sqlx.DB) error {
			var top *reader.Account
			if reference != nil {
				account, err := reader.Find(ctx, db, *reference)
				if err != nil {
					return err
				}
				top = &account
			}
			q, lines := reader.Tree(filter.filter(), top, !o.machine()), o.limit
			switch {
			case !o.machine():
				o.limit = 0 // the tree counts the rest itself
			case depth >= 0:
				q = q.ToDepth(depth)
			}
			return a.answerOf(ctx, db, filter.sources, q, &o, func(out *bufio.Writer) render.Printer {
				return render.NewTree(out, a.screen, depth, lines, accountNode)
			})
		})
	})
	return c
}

// accountNode returns what a tree shows of an account.
func accountNode(r render.Row) render.TreeNode {
	n := render.TreeNode{Name: named(r), ID: r.Text("source") + "/" + r.Text("external_id")}
	if status := r.Text("status"); status != "active" {
		n.Notes = append(n.Notes, "["+status+"]")
	}
	if at := r.Minute("deleted_at"); at != "" {
		n.Notes = append(n.Notes, "[deleted "+at+"]")
	}
	if known, orphan := r.Value("parent_known").(bool); orphan {
		why := " is unknown"
		if known {
			why = ", cut here to break a cycle"
		}
		n.Notes = append(n.Notes, "[parent "+r.Text("parent_external_id")+why+"]")
	}
	return n
}

// named returns the name of an account, or that it has none.
func named(r render.Row) string {
	if name := r.Text("name"); name != "" {
		return name
	}
	return "(no name)"
}
