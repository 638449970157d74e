package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/schedule"
	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sources"
)

func planCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "plan [NAME…]",
		Short: "Show what sync would change, field by field",
		Long: `Pull and compare as sync does, and show what would be created, updated, moved,
deleted, restored and held. plan writes nothing to the directory. With --replay,
--since or --until it plans the backfill with the same flags.

Exit status as for sync: 3 means that deletions would be held. With
--exit-code, 4 means that something would change.`,
		Example: `  rollcall plan
  rollcall plan acme -o jsonl
  rollcall plan acme --replay   # what a new release maps differently
  rollcall plan --exit-code || echo "the directory is out of date"`,
		ValidArgsFunction: a.completeNames,
	}
	var o output
	o.addFormat(c)
	var exitCode bool
	c.Flags().BoolVar(&exitCode, "exit-code", false, "exit with status 4 if something would change")
	var s scope
	s.add(c)
	c.RunE = a.does(func(ctx context.Context, names []string) error {
		return a.withRunner(ctx, names, func(ctx context.Context, r *schedule.Runner, connections []sources.Configured) error {
			results, err := a.plan(ctx, r, connections, o.format.value, s.options(pipeline.SyncNamed))
			if err != nil {
				return err
			}
			if err = statusOf(results); err != exitError(exitFailed) && exitCode && slices.ContainsFunc(results, changes) {
				return exitError(exitChanges)
			}
			return err
		})
	})
	return c
}

// changes reports whether a plan has a change.
func changes(r pipeline.Result) bool {
	return r.Created+r.Updated+r.Moved+r.Deleted+r.Restored > 0
}

// plan runs the connections concurrently and prints their plans in order.
func (a *app) plan(ctx context.Context, r *schedule.Runner, connections []sources.Configured, format string, o pipeline.Options) ([]pipeline.Result, error) {
	out := bufio.NewWriter(a.stdout)
	p := newPlanPrinter(out, a.screen, format)
	defer a.watch(&o, r.Log, len(connections))()
	results := make([]pipeline.Result, len(connections))
	var group errgroup.Group // without a context: one failure must not cancel the others
	group.SetLimit(r.Parallel)
	before := make(chan struct{}) // closed once the plan of the connection before is printed
	close(before)
	for i, c := range connections {
		turn, printed := before, make(chan struct{})
		before = printed
		group.Go(func() error {
			defer close(printed)
			o := o
			o.Plan = func(change sink.Change) error {
				<-turn
				return p.change(change)
			}
			results[i] = r.Run(ctx, c, o)
			<-turn
			p.end(results[i])
			return out.Flush()
		})
	}
	err := group.Wait()
	if err == nil {
		err = p.close()
	}
	return results, flushed(err, out)
}

// A planPrinter prints a plan.
type planPrinter interface {
	change(sink.Change) error
	end(pipeline.Result) // of one connection
	close() error
}

func newPlanPrinter(out *bufio.Writer, s render.Screen, format string) planPrinter {
	if format == "table" {
		return &planText{out: out, width: shownWidth(s)}
	}
	t := &planTable{Printer: render.New(format, out, s, nil)}
	t.err = t.Columns([]string{"source", "operation", "external_id", "name", "field", "old_value", "new_value"})
	return t
}

// A planText is for people: one line per account, its fields below it.
type planText struct {
	out     *bufio.Writer
	width   int    // of a value, in characters
	account string // printed last
}

// marks stand before an account.
var marks = map[string]string{"created": "+", "updated": "~", "moved": ">", "restored": "^", "deleted": "-", "held": "!"}

func (p *planText) change(c sink.Change) error {
	if account := c.Source + "/" + c.ExternalID; account != p.account {
		p.account = account
		if _, err := fmt.Fprintf(p.out, "%s %-8s  %s  %s\n", marks[c.Operation], c.Operation, render.Clean(account), render.Clean(c.Name)); err != nil {
			return err
		}
	}
	if c.Field == "" {
		return nil
	}
	_, err := fmt.Fprintf(p.out, "      %s: %s → %s\n", render.Clean(c.Field), quoted(c.Old, p.width), quoted(c.New, p.width))
	return err
}

// shownWidth returns how much of each value fits on a screen, in characters: two and
// the name of a field share a line.
func shownWidth(s render.Screen) int {
	const name, least, most = 40, 20, 60
	if !s.Terminal() {
		return most
	}
	return min(most, max(least, (s.Width-name)/2))
}

// quoted returns a value for people: text in quotes, numbers, true and false without.
func quoted(value json.RawMessage, width int) string {
	plain, ok := unquoted(value)
	if !ok {
		return "none"
	}
	text := render.Clean(plain)
	if runes := []rune(text); len(runes) > width {
		text = string(runes[:width]) + "…"
	}
	if value[0] == '"' {
		return `"` + text + `"`
	}
	return text
}

// unquoted returns a value as SQL shows it, and whether there is one.
func unquoted(value json.RawMessage) (plain string, ok bool) {
	if len(value) == 0 {
		return "", false
	}
	if value[0] != '"' || json.Unmarshal(value, &plain) != nil {
		plain = string(value)
	}
	return plain, true
}

func (p *planText) end(r pipeline.Result) {
	if r.Err != nil {
		fmt.Fprintf(p.out, "%s: no plan: the run failed; see the log\n", r.Source)
		return
	}
	var parts []string
	for _, part := range []struct {
		n    int64
		what string
	}{
		{r.Created, "create"},
		{r.Updated, "update"},
		{r.Moved, "move"},
		{r.Restored, "restore"},
		{r.Deleted, "delete"},
		{r.Held, "hold the deletion of"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", part.what, part.n))
		}
	}
	if len(parts) == 0 {
		parts = []string{"change nothing"}
	}
	fmt.Fprintf(p.out, "%s would %s; %d accounts stay as they are\n", r.Source, strings.Join(parts, ", "), r.Unchanged)
}

func (p *planText) close() error { return nil }

// A planTable is for programs: one row per changed field.
type planTable struct {
	render.Printer
	err error // of its header
}

func (p *planTable) change(c sink.Change) error {
	return p.Row([]any{c.Source, c.Operation, c.ExternalID, c.Name, orNull(c.Field), textOrNull(c.Old), textOrNull(c.New)})
}

func (p *planTable) end(pipeline.Result) {}

func (p *planTable) close() error { return errors.Join(p.err, p.End()) }

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func textOrNull(value json.RawMessage) any {
	plain, ok := unquoted(value)
	if !ok {
		return nil
	}
	return plain
}
