package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"rollcall/schedule"
	"rollcall/sink"
	"rollcall/sources"
)

func planCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "plan [NAME…]",
		Short: "Tell what sync would do, field by field",
		Long: `Pulls and compares as sync does, and tells what would be created, updated,
moved, deleted, restored and held. It writes nothing to the directory. --replay,
--since and --until tell it of the backfill with the same flags.

Exit status as for sync: 3 means that deletions would be held.`,
		Example: `  rollcall plan
  rollcall plan acme -o jsonl
  rollcall plan acme --replay   # what a new release maps otherwise`,
	}
	format := choice{value: "table", from: []string{"table", "json", "jsonl", "csv"}}
	c.Flags().VarP(&format, "output", "o", "table for people, the others for programs")
	var s scope
	s.add(c)
	c.RunE = a.does(func(ctx context.Context, names []string) error {
		return a.withRunner(ctx, names, func(ctx context.Context, r *schedule.Runner, connections []sources.Configured) error {
			return a.plan(ctx, r, connections, format.value, s.options(schedule.Manual))
		})
	})
	return c
}

// plan runs the connections side by side and tells of them in their order.
func (a *app) plan(ctx context.Context, r *schedule.Runner, connections []sources.Configured, format string, o schedule.Options) error {
	out := bufio.NewWriter(a.stdout)
	var all changes = &story{out: out}
	if format != "table" {
		all = newRecords(a, out, format)
	}
	results := make([]schedule.Result, len(connections))
	var group errgroup.Group // without a context: one failure must not cancel the others
	group.SetLimit(r.Parallel)
	before := make(chan struct{}) // closed once the connection before has been told
	close(before)
	for i, c := range connections {
		turn, told := before, make(chan struct{})
		before = told
		group.Go(func() error {
			defer close(told)
			o := o
			o.Plan = func(change sink.Change) error {
				<-turn
				return all.tell(change)
			}
			results[i] = r.Run(ctx, c, o)
			<-turn
			all.end(results[i])
			return out.Flush()
		})
	}
	err := group.Wait()
	if err == nil {
		err = all.close()
	}
	if err := flushed(err, out); err != nil {
		return err
	}
	return statusOf(results)
}

// changes is a way to tell a plan.
type changes interface {
	tell(sink.Change) error
	end(schedule.Result) // of one connection
	close() error
}

// A story tells a plan to people: an account a line, its fields below it.
type story struct {
	out     *bufio.Writer
	account string // the account told last
}

// marks stand before an account.
var marks = map[string]string{"created": "+", "updated": "~", "moved": ">", "restored": "^", "deleted": "-", "held": "!"}

func (s *story) tell(c sink.Change) error {
	if account := c.Source + "/" + c.ExternalID; account != s.account {
		s.account = account
		if _, err := fmt.Fprintf(s.out, "%s %-8s  %s  %s\n", marks[c.Operation], c.Operation, clean(account), clean(c.Name)); err != nil {
			return err
		}
	}
	if c.Field == "" {
		return nil
	}
	_, err := fmt.Fprintf(s.out, "      %s: %s → %s\n", clean(c.Field), quoted(c.Old), quoted(c.New))
	return err
}

// maxShown is how much of a value is shown to people, in characters.
const maxShown = 60

// quoted shows a value to people: text in quotes, which numbers, true and false
// have none of.
func quoted(value json.RawMessage) string {
	plain, there := unquoted(value)
	if !there {
		return "none"
	}
	text := clean(plain)
	if runes := []rune(text); len(runes) > maxShown {
		text = string(runes[:maxShown]) + "…"
	}
	if value[0] == '"' {
		return `"` + text + `"`
	}
	return text
}

// unquoted is a value as SQL would show it; there tells whether there is one.
func unquoted(value json.RawMessage) (plain string, there bool) {
	if len(value) == 0 {
		return "", false
	}
	if value[0] != '"' || json.Unmarshal(value, &plain) != nil {
		plain = string(value)
	}
	return plain, true
}

func (s *story) end(r schedule.Result) {
	if r.Err != nil {
		fmt.Fprintf(s.out, "%s: nothing can be told, for it failed (see the log)\n", r.Source)
		return
	}
	var parts []string
	for _, p := range []struct {
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
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", p.what, p.n))
		}
	}
	if len(parts) == 0 {
		parts = []string{"change nothing"}
	}
	fmt.Fprintf(s.out, "%s would %s; %d accounts stay as they are\n", r.Source, strings.Join(parts, ", "), r.Unchanged)
}

func (s *story) close() error { return nil }

// records tell a plan to machines: a row a changed field.
type records struct {
	printer
	err error
}

func newRecords(a *app, out *bufio.Writer, format string) *records {
	o := output{format: choice{value: format}}
	r := &records{printer: o.printer(a, out, nil)}
	r.err = r.Columns([]string{"source", "operation", "external_id", "name", "field", "old_value", "new_value"})
	return r
}

func (r *records) tell(c sink.Change) error {
	return r.Row([]any{c.Source, c.Operation, c.ExternalID, c.Name, orNull(c.Field), textOrNull(c.Old), textOrNull(c.New)})
}

func (r *records) end(schedule.Result) {}

func (r *records) close() error { return errors.Join(r.err, r.End()) }

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func textOrNull(value json.RawMessage) any {
	plain, there := unquoted(value)
	if !there {
		return nil
	}
	return plain
}
