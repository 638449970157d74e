package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

// A printer shows an answer as its rows arrive.
type printer interface {
	reader.Receiver
	// End shows what is left to be shown.
	End() error
}

// A noting printer has something to tell beside its answer, or "".
type noting interface{ note() string }

// tableLimit is how many rows a table has unless --limit says otherwise: what
// still can be looked through.
const tableLimit = 50

// An output is how a command was asked to show its answer.
type output struct {
	format choice
	limit  int
}

// add adds the flags to c. rows is how many a table has by itself, 0 being all.
func (o *output) add(c *cobra.Command, rows int) {
	o.format = choice{value: "table", from: []string{"table", "json", "jsonl", "csv"}}
	o.limit = -1
	standard := "all"
	if rows > 0 {
		standard = fmt.Sprintf("%d in a table, else all", rows)
	}
	c.Flags().VarP(&o.format, "output", "o", "table for people, the others for programs")
	c.Flags().Var(&number{&o.limit}, "limit", "no more than `N` rows, 0 being all (default: "+standard+")")
	c.Flags().Lookup("limit").DefValue = "0" // or the help tells of -1
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if o.limit < 0 && o.format.value == "table" {
			o.limit = rows
		}
		o.limit = max(o.limit, 0)
		return nil
	}
}

// machine tells whether the answer is for a program.
func (o *output) machine() bool { return o.format.value != "table" }

// answer asks q and shows the answer, as show does where it is for people.
func (a *app) answer(ctx context.Context, db *sqlx.DB, q reader.Query, o *output, show func(*bufio.Writer) printer) error {
	out := bufio.NewWriterSize(a.stdout, 1<<16)
	c := &cut{printer: o.printer(a, out, show), limit: o.limit}
	if c.limit > 0 {
		q = q.Limited(c.limit + 1) // one more tells that there is more
	}
	err := reader.Read(ctx, db, q, c)
	if errors.Is(err, errPipeClosed) {
		return err
	}
	if err == nil {
		err = c.End()
	}
	// What was read before a failure is shown; jsonl and csv are good as they are.
	if err = flushed(err, out); err != nil || o.machine() {
		return err
	}
	switch {
	case c.rows == 0:
		fmt.Fprintln(a.stderr, "nothing found")
	case c.rows > c.limit && c.limit > 0:
		all, err := reader.Count(ctx, db, q)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "%d more: --limit 0 shows all\n", max(all, int64(c.rows))-int64(c.limit))
	}
	if n, notes := c.printer.(noting); notes && n.note() != "" {
		fmt.Fprintln(a.stderr, n.note())
	}
	return nil
}

// answerOf answers as answer does, of these connections alone. A name that the
// directory does not know is told of: nothing is found under it.
func (a *app) answerOf(ctx context.Context, db *sqlx.DB, sources []string, q reader.Query, o *output, show func(*bufio.Writer) printer) error {
	unknown, err := reader.Unknown(ctx, db, sources)
	if err != nil {
		return err
	}
	if unknown != "" {
		fmt.Fprintln(a.stderr, unknown)
	}
	return a.answer(ctx, db, q, o, show)
}

// flushed writes out the rest after err, which it returns with what came of
// that. A writer that failed says the same again: it is told once.
func flushed(err error, out *bufio.Writer) error {
	last := out.Flush()
	if errors.Is(err, last) {
		return err
	}
	return errors.Join(err, last)
}

func (o *output) printer(a *app, out *bufio.Writer, show func(*bufio.Writer) printer) printer {
	switch o.format.value {
	case "json":
		return &jsonPrinter{out: out, array: true}
	case "jsonl":
		return &jsonPrinter{out: out}
	case "csv":
		return newCSVPrinter(out, a.screen.terminal())
	default:
		return show(out)
	}
}

// A cut hands on the first rows and counts all.
type cut struct {
	printer
	limit, rows int
}

// Row hands on a row within the limit.
func (c *cut) Row(values []any) error {
	c.rows++
	if c.limit > 0 && c.rows > c.limit {
		return nil
	}
	return c.printer.Row(values)
}
