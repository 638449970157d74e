package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/cmd/rollcall/internal/httpd"
	"rollcall/schedule"
	"rollcall/sink"
)

func serveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run each connection on its schedule, until SIGTERM",
		Long: `Run each connection on its cron schedule: NAME_SCHEDULE, else
ROLLCALL_SCHEDULE, in UTC unless it begins with CRON_TZ=. However many replicas
serve one database, a tick runs once. A tick that was missed while no replica
was up, or whose run died with its process, starts late, once. A new connection
waits for its first tick; with @every it starts at once.

ROLLCALL_ADDR answers GET /healthz, /readyz and /metrics. ROLLCALL_HOOKS_ADDR
takes POST /hooks/NAME: a provider's notice that an account changed. serve then
fetches that account.

serve waits for a database that is down; /readyz reports it. On SIGTERM it lets
runs end within ROLLCALL_SHUTDOWN_TIMEOUT, interrupts the others, and exits
with status 0; a second signal ends it at once. It ignores SIGHUP: files with
secrets (X_FILE) are read whenever they are used.`,
		Example: "  rollcall serve",
		Args:    noArguments,
		RunE:    a.does(func(ctx context.Context, _ []string) error { return a.serve(ctx) }),
	}
}

// A daemon is a running serve.
type daemon struct {
	*app
	cfg  *config
	log  *slog.Logger
	cron *schedule.Cron
	http *httpd.Server
}

func (a *app) serve(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // whose default ends the program
	defer signal.Stop(hangups)
	cfg, err := a.configure(ctx, needs{database: true, connections: true})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	version, commit := buildVersion()
	cfg.log.Info("starting", "version", version, "commit", commit)
	d := &daemon{app: a, cfg: cfg, log: cfg.log, cron: &schedule.Cron{
		Connections: cfg.connections, Default: cfg.Schedule, Jitter: cfg.Jitter, Runner: a.runner(cfg, nil),
	}}
	defer d.ignore(ctx, hangups)()
	d.http, err = httpd.New(ctx, httpd.Config{
		Addr: string(cfg.Addr), HooksAddr: string(cfg.HooksAddr), Connections: cfg.connections, Env: a.env, Log: cfg.log,
		UserAgent: userAgent(), Version: version, Commit: commit, Next: d.cron.Next, Delivered: d.cron.Wake,
	})
	if err != nil {
		return err
	}
	d.cron.Ended, a.observe = d.http.Ended, d.http.Requested
	if err := d.cron.Init(); err != nil {
		return err
	}
	stopHTTP, err := d.http.Listen(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.run(ctx), stopHTTP())
}

// ignore logs ignored signals until stop is called.
func (d *daemon) ignore(ctx context.Context, hangups <-chan os.Signal) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-hangups:
				d.log.Info("SIGHUP is ignored: files with secrets are read whenever they are used; a change of the environment needs a restart")
			case <-ctx.Done():
				return
			}
		}
	}()
	return cancel
}

// run waits for the database and serves the schedule until ctx ends.
func (d *daemon) run(ctx context.Context) error {
	db, closeDB, err := d.waitForDatabase(ctx)
	if err != nil || db == nil {
		return err
	}
	d.cron.Runner.DB = db
	d.http.Use(db)
	d.log.Info("serving", "connections", len(d.cfg.connections), "parallel", d.cfg.Parallel)
	d.logSchedule(ctx, db)
	defer context.AfterFunc(ctx, d.http.Stopping)()
	d.cron.Serve(ctx, d.cfg.ShutdownTimeout)
	if err := closeDB(); err != nil { // such as that of a lost session, which nothing needs any more
		d.log.Warn("closing the database failed", "error", err)
	}
	d.log.Info("stopped")
	return nil
}

// logSchedule logs when each connection runs, and which ones were never loaded.
func (d *daemon) logSchedule(ctx context.Context, db *sqlx.DB) {
	var names, never []string
	for _, c := range d.cfg.connections {
		names = append(names, c.Name)
	}
	next, err := d.cron.Next(ctx)
	gauges, err2 := sink.Gauges(ctx, db, names)
	if err := errors.Join(err, err2); err != nil {
		d.log.Warn("reading the schedule failed; the runs start all the same", "error", err)
		return
	}
	for _, c := range d.cfg.connections {
		when := cmp.Or(c.Schedule, d.cfg.Schedule.Text)
		d.log.Info("connection scheduled", "source", c.Name, "schedule", when, "next", next[c.Name].UTC().Format(time.RFC3339))
	}
	for _, g := range gauges {
		if g.Succeeded == nil {
			never = append(never, g.Source)
		}
	}
	if len(never) > 0 {
		d.log.Warn("connections were never loaded: each waits for its next tick; to load them now, run: rollcall sync", "sources", strings.Join(never, ","))
	}
}

const (
	// connectEvery is how often serve tries a database that is down.
	connectEvery = 2 * time.Second

	// logDownEvery is how often the log says so.
	logDownEvery = 30 * time.Second
)

// waitForDatabase opens the database and brings its schema up to date. It waits for
// as long as a failure is transient: compose and Kubernetes start both at once. It
// returns no database once ctx ended.
func (d *daemon) waitForDatabase(ctx context.Context) (*sqlx.DB, func() error, error) {
	var logged time.Time
	tick := time.NewTicker(connectEvery)
	defer tick.Stop()
	for {
		db, closeDB, err := d.openMigrated(ctx, d.cfg, sessionsFor(d.cfg.Parallel))
		if err == nil {
			if err = noteConfigured(ctx, db, d.cfg.connections); err != nil {
				err = errors.Join(err, closeDB())
			}
		}
		switch {
		case err == nil:
			return db, closeDB, nil
		case ctx.Err() != nil:
			return nil, nil, nil
		case !sink.IsTransient(err):
			return nil, nil, err
		}
		if time.Since(logged) >= logDownEvery {
			d.log.Error("the database cannot be used yet; trying again", "error", err)
			logged = time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil, nil
		}
	}
}
