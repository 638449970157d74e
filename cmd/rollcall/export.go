package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/sink/reader"
)

// exportBuffer, in bytes, is what is gathered before it is written.
const exportBuffer = 256 << 10

// toStdout is the FILE that stands for stdout.
const toStdout = "-"

func exportCommand(a *app) *cobra.Command {
	var asOf moment
	var to string
	format := choice{value: "csv", from: []string{"csv", "jsonl", "parquet"}}
	c := &cobra.Command{
		Use:   "export [flags]",
		Short: "Write every live account to a file or to stdout",
		Long: `Writes every live account, by the directory's id, as of one instant. The columns
are those of directory.accounts; with --as-of, those of directory.account_history.

FILE is replaced once all of it is written. If that fails or is interrupted, it
is as it was.`,
		Example: `  rollcall export > accounts.csv
  rollcall export --format parquet --to accounts.parquet
  rollcall export --format jsonl --as-of 2026-03-01 | gzip > march.jsonl.gz`,
		Args: noArguments,
	}
	c.Flags().Var(&format, "format", "csv (RFC 4180), jsonl (an object a line) or parquet")
	c.Flags().StringVar(&to, "to", toStdout, "write to `FILE`; - is stdout")
	c.Flags().Var(&asOf, "as-of", flagAsOf)
	c.RunE = a.does(func(ctx context.Context, _ []string) error {
		if to == "" {
			return badUsage("--to: is empty; give the name of a file, or - for stdout")
		}
		if format.value == "parquet" && to == toStdout && a.screen.terminal() {
			return badUsage("parquet is not for terminals: give --to FILE, or redirect the output")
		}
		return a.withDirectory(ctx, func(ctx context.Context, cfg *config, db *sqlx.DB) error {
			x := exporting{app: a, log: cfg.log, q: reader.Export(asOf.Time), format: format.value}
			x.countable = asOf.IsZero() // else it takes about as long to count them as to write them
			if to == toStdout {
				x.terminal = a.screen.terminal()
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
	countable bool // at little cost
	terminal  bool // is what it is written to
}

func (x *exporting) write(ctx context.Context, db *sqlx.DB, to io.Writer) error {
	out := bufio.NewWriterSize(to, exportBuffer)
	var p printer
	switch x.format {
	case "jsonl":
		p = &jsonPrinter{out: out}
	case "parquet":
		p = &parquetPrinter{out: out}
	default:
		p = newCSVPrinter(out, x.terminal)
	}
	var expected int64
	if x.countable {
		var err error
		if expected, err = reader.Count(ctx, db, x.q); err != nil {
			return err
		}
	}
	progress := x.newProgress(p, x.log, x.format, expected, !x.terminal)
	defer progress.done(!x.terminal)
	err := reader.Read(ctx, db, x.q, progress)
	if err == nil {
		err = p.End()
	}
	if errors.Is(err, errPipeClosed) || err != nil && x.format == "parquet" {
		return err // what is written of a parquet file is no use without its end
	}
	return flushed(err, out)
}
