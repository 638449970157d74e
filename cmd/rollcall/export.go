package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/sink/reader"
)

// exportBuffer is the size of the write buffer, in bytes.
const exportBuffer = 256 << 10

// toStdout is the FILE that stands for stdout.
const toStdout = "-"

func exportCommand(a *app) *cobra.Command {
	var asOf timeFlag
	var to string
	format := enumFlag{value: "csv", from: []string{"csv", "jsonl", "parquet"}}
	c := &cobra.Command{
		Use:   "export [flags]",
		Short: "Write every live account to a file or to stdout",
		Long: `Write every live account, in the order of the directory's id, as of one
instant. The columns are those of directory.accounts; with --as-of, those of
directory.account_history.

FILE is replaced once all of it is written. A failed or interrupted export
leaves it unchanged.`,
		Example: `  rollcall export > accounts.csv
  rollcall export --format parquet --to accounts.parquet
  rollcall export --format jsonl --as-of 2026-03-01 | gzip > march.jsonl.gz`,
		Args: noArguments,
	}
	c.Flags().Var(&format, "format", "csv (RFC 4180), jsonl (one object per line) or parquet")
	c.Flags().StringVar(&to, "to", toStdout, "write to `FILE`; - is stdout")
	c.Flags().Var(&asOf, "as-of", flagAsOf)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		if to == "" {
			return badUsage("--to: is empty; give the name of a file, or - for stdout")
		}
		if format.value == "parquet" && to == toStdout && a.screen.Terminal() {
			return badUsage("parquet is not for terminals: give --to FILE, or redirect the output")
		}
		return a.withDirectory(ctx, func(ctx context.Context, cfg *config, db *sqlx.DB) error {
			x := exporting{app: a, log: cfg.log, q: reader.Export(asOf.Time), format: format.value}
			x.countable = asOf.IsZero() // else counting takes about as long as writing
			if to == toStdout {
				x.terminal = a.screen.Terminal()
				return x.write(ctx, db, a.stdout)
			}
			return replaceFile(to, func(out io.Writer) error { return x.write(ctx, db, out) })
		})
	})
	return c
}

// An exporting is one export.
type exporting struct {
	*app
	log       *slog.Logger
	q         reader.Query
	format    string
	countable bool // cheaply
	terminal  bool // rows go to a terminal, so no progress is drawn
}

func (x *exporting) write(ctx context.Context, db *sqlx.DB, to io.Writer) error {
	out := bufio.NewWriterSize(to, exportBuffer)
	task := render.Task{Name: x.format, Phase: render.Reading}
	if x.countable {
		var err error
		if task.Expected, err = reader.Count(ctx, db, x.q); err != nil {
			return err
		}
	}
	began := time.Now()
	progress := render.NewProgress(x.stderr, x.log, "export", 1)
	rows := &rowCounter{Printer: x.printer(out), progress: progress, task: task}
	progress.Update(task)
	stop := func() {}
	if !x.terminal || !progress.Drawn() {
		stop = progress.Start()
	}
	defer stop()
	err := reader.Read(ctx, db, x.q, rows)
	if err == nil {
		err = rows.End()
	}
	if errors.Is(err, errPipeClosed) || err != nil && x.format == "parquet" {
		return err // the rest of a Parquet file is useless without its end
	}
	err = flushed(err, out)
	if stop(); err == nil && !x.terminal && progress.Drawn() {
		fmt.Fprintf(x.stderr, "%d accounts in %s\n", rows.task.Records, time.Since(began).Round(time.Second/10))
	}
	return err
}

func (x *exporting) printer(out *bufio.Writer) render.Printer {
	if x.format == "parquet" {
		version, _ := buildVersion()
		return render.NewParquet(out, version)
	}
	var s render.Screen
	if x.terminal {
		s = x.screen
	}
	return render.New(x.format, out, s, nil)
}

// A rowCounter is a printer that reports the rows that it prints.
type rowCounter struct {
	render.Printer
	progress *render.Progress
	task     render.Task
}

// reportEvery is how many rows are printed between two reports, which take a lock.
const reportEvery = 256

// Types passes on the types of the columns, if the printer needs them.
func (c *rowCounter) Types(types []string) error {
	if typed, ok := c.Printer.(reader.Typed); ok {
		return typed.Types(types)
	}
	return nil
}

// Row prints a row.
func (c *rowCounter) Row(values []any) error {
	if c.task.Records++; c.task.Records%reportEvery == 0 {
		c.progress.Update(c.task)
	}
	return c.Printer.Row(values)
}
