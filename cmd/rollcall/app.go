package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/model/canon"
	"rollcall/sink"
	"rollcall/sink/embedded"
	"rollcall/sources/fetch"
)

// An app is one call of the program: its environment and its streams.
type app struct {
	env    envconfig.Lookuper
	names  []string // of all variables in env
	stdout io.Writer
	stderr io.Writer
	screen render.Screen // of stdout

	observe func(source string, at fetch.Attempt) // is called at each request to a provider; may be nil

	summary bool // print the summary of sync also where stdout is no terminal
	started bool // a command is running: errors are no longer bad usage
}

// does returns work as cobra calls it.
func (a *app) does(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		a.started = true
		return work(c.Context(), args)
	}
}

// readerSessions is the size of the pool of a command that only reads: one
// query at a time.
const readerSessions = 1

// withDirectory reads the configuration, opens the database and calls work. It
// leaves the schema as it is.
func (a *app) withDirectory(ctx context.Context, work func(context.Context, *config, *sqlx.DB) error) error {
	cfg, err := a.configure(ctx, needs{database: true})
	if err != nil {
		return err
	}
	db, closeDB, err := a.openDatabase(ctx, cfg, readerSessions)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, cfg, db), closeDB())
}

// openDatabase opens DATABASE_URL; for embedded it starts a private Postgres first.
// Where it returns no error, the caller must call closeDB.
func (a *app) openDatabase(ctx context.Context, cfg *config, sessions int) (db *sqlx.DB, closeDB func() error, err error) {
	read, stop := func(ctx context.Context) (string, error) {
		url, err := a.databaseURL(ctx)
		cfg.secrets.Add(sink.Password(url)) // it may have been rotated
		return url, err
	}, func() error { return nil }
	if cfg.DatabaseURL.Reveal() == embeddedURL {
		server, err := a.startEmbedded(ctx, cfg)
		if err != nil {
			return nil, nil, err
		}
		read, stop = func(context.Context) (string, error) { return server.URL(), nil }, server.Stop
	}
	db, err = sink.OpenFrom(ctx, read, sessions)
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return db, func() error { return errors.Join(db.Close(), stop()) }, nil
}

func (a *app) startEmbedded(ctx context.Context, cfg *config) (*embedded.Server, error) {
	dir := cfg.DataDir
	if dir == "" {
		var err error
		if dir, err = userDataDir(a.env); err != nil {
			return nil, err
		}
	}
	return embedded.Start(ctx, embedded.Options{
		DataDir: dir, Durable: true,
		Logf: func(format string, args ...any) { cfg.log.Info(fmt.Sprintf(format, args...)) },
	})
}

// errPipeClosed means that the reader of our output has closed it, as head does.
var errPipeClosed = errors.New("the output was closed")

// A pipe returns errPipeClosed where its reader is gone.
type pipe struct{ io.Writer }

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		err = errPipeClosed
	}
	return n, err
}

// newLogger returns a logger to w in LOG_FORMAT. The default is text on a terminal
// and JSON elsewhere. No line contains one of secrets.
func newLogger(w io.Writer, level slog.Level, format logFormat, secrets *canon.Secrets) *slog.Logger {
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch value := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(secrets.Redact(value))
		case error:
			a.Value = slog.StringValue(secrets.Redact(value.Error()))
		case []string:
			clean := make([]string, len(value))
			for i := range value {
				clean[i] = secrets.Redact(value[i])
			}
			a.Value = slog.AnyValue(clean)
		}
		return a
	}}
	if format == "text" || format == "" && render.Width(w) > 0 {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
