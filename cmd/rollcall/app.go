package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-envconfig"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/render"
	"rollcall/model/canon"
	"rollcall/schedule"
	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sink/embedded"
	"rollcall/sources"
	"rollcall/sources/env"
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

	started bool // a command is running: errors are no longer bad usage
}

// does returns work as cobra calls it.
func (a *app) does(work func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		a.started = true
		return work(c.Context(), args)
	}
}

// Sizes of the database pool.
const (
	// readerSessions are those of a command that only reads: one query at a time.
	readerSessions = 1

	// adminSessions are those of a command that changes the directory by hand: one
	// for the run, and one to record its end if the first is lost.
	adminSessions = 2

	// doctorSessions are needed to distinguish a pooler from a server.
	doctorSessions = 2
)

// sessionsFor returns how many sessions that many parallel runs need: one each, and
// one to record the end of a run that lost its own.
func sessionsFor(parallel int) int { return parallel + 1 }

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

// withAdmin calls work with a database whose schema is up to date.
func (a *app) withAdmin(ctx context.Context, work func(context.Context, *config, *sqlx.DB) error) error {
	cfg, err := a.configure(ctx, needs{database: true})
	if err != nil {
		return err
	}
	db, closeDB, err := a.openMigrated(ctx, cfg, adminSessions)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, cfg, db), closeDB())
}

// withRunner calls work with a runner of the connections, or of those named.
func (a *app) withRunner(ctx context.Context, names []string, work func(context.Context, *schedule.Runner, []sources.Configured) error) error {
	cfg, err := a.configure(ctx, needs{database: true, connections: true, only: names})
	if err != nil {
		return err
	}
	db, closeDB, err := a.openMigrated(ctx, cfg, sessionsFor(cfg.Parallel))
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, a.runner(cfg, db), cfg.connections), closeDB())
}

func (a *app) runner(cfg *config, db *sqlx.DB) *schedule.Runner {
	return &schedule.Runner{
		Runner:   pipeline.Runner{DB: db, Log: cfg.log, Open: a.reopen},
		Parallel: cfg.Parallel, Keep: time.Duration(cfg.Retention),
	}
}

// reopen opens a connection with the current values of its variables.
func (a *app) reopen(ctx context.Context, c sources.Configured, log *slog.Logger, arrived func(kind, id string)) (sources.Source, error) {
	current, err := env.Reread(ctx, a.env, c)
	if err != nil {
		return nil, err
	}
	return current.Open(userAgent(), log, func(at fetch.Attempt) {
		if a.observe != nil {
			a.observe(c.Name, at)
		}
	}, arrived)
}

// openMigrated opens the database and brings its schema up to date.
func (a *app) openMigrated(ctx context.Context, cfg *config, sessions int) (*sqlx.DB, func() error, error) {
	db, closeDB, err := a.openDatabase(ctx, cfg, sessions)
	if err != nil {
		return nil, nil, err
	}
	if err := (sink.Migration{DB: db, ReaderRole: string(cfg.ReaderRole), Log: cfg.log}).Run(ctx); err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	return db, closeDB, nil
}

// openDatabase opens DATABASE_URL; for embedded it starts a private Postgres first.
// If it returns no error, the caller must call closeDB.
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
		if dir, err = embedded.DefaultDataDir(a.env.Lookup); err != nil {
			return nil, err
		}
	}
	return embedded.Start(ctx, embedded.Options{
		DataDir: dir, Durable: true,
		Logf: func(format string, args ...any) { cfg.log.Info(fmt.Sprintf(format, args...)) },
	})
}

// note writes a remark about an answer to stderr: JSON with LOG_FORMAT=json.
func (a *app) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if a.logsJSON() {
		slog.New(slog.NewJSONHandler(a.stderr, nil)).Info(text)
		return
	}
	fmt.Fprintln(a.stderr, text)
}

// logsJSON reports whether LOG_FORMAT asks for JSON.
func (a *app) logsJSON() bool {
	format, _ := a.env.Lookup("LOG_FORMAT")
	return format == "json"
}

// errPipeClosed means that the reader of our output has closed it, as head does.
var errPipeClosed = errors.New("the output was closed")

// A pipe returns errPipeClosed once its reader has closed it.
type pipe struct{ io.Writer }

func (p *pipe) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		err = errPipeClosed
	}
	return n, err
}

// newLogger returns a logger to w in LOG_FORMAT. The default is text on a terminal
// and JSON elsewhere. No line contains one of secrets. In JSON a duration is a
// number of seconds.
func newLogger(w io.Writer, level slog.Level, format logFormat, secrets *canon.Secrets) *slog.Logger {
	text := format == "text" || format == "" && render.Width(w) > 0
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch value := a.Value.Any().(type) {
		case string:
			a.Value = slog.StringValue(secrets.Redact(value))
		case error:
			a.Value = slog.StringValue(secrets.Redact(value.Error()))
		case time.Duration:
			if !text {
				a.Value = slog.Float64Value(value.Seconds())
			}
		case []string:
			clean := make([]string, len(value))
			for i := range value {
				clean[i] = secrets.Redact(value[i])
			}
			a.Value = slog.AnyValue(clean)
		}
		return a
	}}
	if text {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
