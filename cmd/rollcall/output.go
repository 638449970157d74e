package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

// tableLimit is how many rows a table has without --limit: what a person can still
// read.
const tableLimit = 50

// An output holds the flags for how a command prints its answer.
type output struct {
	format enumFlag
	limit  int
}

// add adds the flags to c. rows is the default limit of a table, 0 being all.
func (o *output) add(c *cobra.Command, rows int) {
	o.limit = -1
	standard := "all"
	if rows > 0 {
		standard = fmt.Sprintf("%d in a table, else all", rows)
	}
	o.addFormat(c)
	c.Flags().Var(&countFlag{&o.limit}, "limit", "at most `N` rows; 0 means all (default: "+standard+")")
	c.Flags().Lookup("limit").DefValue = "0" // or the help shows -1
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if o.limit < 0 && !o.machine() {
			o.limit = rows
		}
		o.limit = max(o.limit, 0)
		return nil
	}
}

func (o *output) addFormat(c *cobra.Command) {
	o.format = enumFlag{value: "table", from: render.Formats}
	c.Flags().VarP(&o.format, "output", "o", "table for people, the other formats for programs")
}

// machine reports whether the answer is for a program.
func (o *output) machine() bool { return o.format.value != "table" }

// table returns what makes a table of these columns.
func (a *app) table(columns ...render.Column) func(*bufio.Writer) render.Printer {
	return func(out *bufio.Writer) render.Printer { return render.NewTable(out, a.screen, columns...) }
}

// print prints rows in a format, for people as a table of these columns.
func (a *app) print(format string, names []string, rows [][]any, table ...render.Column) error {
	out := bufio.NewWriter(a.stdout)
	return flushed(render.All(render.New(format, out, a.screen, a.table(table...)), names, rows), out)
}

// answer runs q and prints its rows, for people through the printer of people.
func (a *app) answer(ctx context.Context, db *sqlx.DB, q reader.Query, o *output, people func(*bufio.Writer) render.Printer) error {
	out := bufio.NewWriterSize(a.stdout, 1<<16)
	c := &limited{Printer: render.New(o.format.value, out, a.screen, people), limit: o.limit}
	if c.limit > 0 {
		q = q.Limited(c.limit + 1) // one more shows that there are more
	}
	err := reader.Read(ctx, db, q, c)
	if errors.Is(err, errPipeClosed) {
		return err
	}
	if err == nil {
		err = c.End()
	}
	// Print what was read before a failure: jsonl and csv stay valid.
	if err = flushed(err, out); err != nil || o.machine() {
		return err
	}
	switch {
	case c.rows == 0:
		a.note("nothing found")
	case c.rows > c.limit && c.limit > 0:
		all, err := reader.Count(ctx, db, q)
		if err != nil {
			return err
		}
		a.note("%d more: --limit 0 shows all", max(all, int64(c.rows))-int64(c.limit))
	}
	if n, notes := c.Printer.(render.Noter); notes && n.Note() != "" {
		a.note("%s", n.Note())
	}
	return nil
}

// answerOf is answer for some connections. It names those that the directory does
// not know.
func (a *app) answerOf(ctx context.Context, db *sqlx.DB, sources []string, q reader.Query, o *output, people func(*bufio.Writer) render.Printer) error {
	unknown, err := reader.Unknown(ctx, db, sources)
	if err != nil {
		return err
	}
	if unknown != "" {
		a.note("%s", unknown)
	}
	return a.answer(ctx, db, q, o, people)
}

// flushed flushes out and joins its error with err. A writer that failed returns the
// same error again; it is reported once.
func flushed(err error, out *bufio.Writer) error {
	last := out.Flush()
	if errors.Is(err, last) {
		return err
	}
	return errors.Join(err, last)
}

// A limited printer prints the first rows and counts all.
type limited struct {
	render.Printer
	limit, rows int
}

// Row prints a row within the limit.
func (l *limited) Row(values []any) error {
	l.rows++
	if l.limit > 0 && l.rows > l.limit {
		return nil
	}
	return l.Printer.Row(values)
}
