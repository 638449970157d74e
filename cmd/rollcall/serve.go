package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/spf13/cobra"

	"rollcall/schedule"
	"rollcall/sink"
)

func serveCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run each connection on its schedule, until SIGTERM",
		Long: `Runs each connection on its cron schedule: NAME_SCHEDULE, else ROLLCALL_SCHEDULE,
in UTC unless it begins with CRON_TZ=. However many replicas serve one database, a
tick runs once; one that was missed while none was up, or whose run died with its
process, starts late, once. A connection that is new waits for its first tick, or
with @every starts at once.

ROLLCALL_ADDR answers GET /healthz, /readyz and /metrics. ROLLCALL_HOOKS_ADDR takes
POST /hooks/NAME: a provider's push that an account changed, which is then asked for.

A database that is away is waited for; /readyz says so. SIGTERM lets runs end within
ROLLCALL_SHUTDOWN_TIMEOUT, interrupts the others, and exits with status 0; a second
signal ends it at once. SIGHUP is ignored: files with secrets (X_FILE) are read
whenever they are used.`,
		Args: noArguments,
		RunE: a.does(func(ctx context.Context, _ []string) error { return a.serve(ctx) }),
	}
}

// A daemon is what serve is made of.
type daemon struct {
	*app
	cfg     *config
	log     *slog.Logger
	metrics *metrics
	hooks   map[string]*hook
	wake    func() // wakes the schedule, as there are pending refreshes

	readiness  *readiness
	guesses    *guesses
	deliveries chan struct{} // a token per delivery at work

	db       atomic.Pointer[sqlx.DB] // nil before the database was reached and its schema is up to date
	stopping atomic.Bool
}

var (
	errNoDatabase = errors.New("the database was not reached yet")
	errStopping   = errors.New("told to stop")
)

func (a *app) serve(ctx context.Context) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // which would end the program
	defer signal.Stop(hangups)
	cfg, err := a.configure(ctx, needs{database: true, connections: true})
	if ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return err
	}
	d := &daemon{app: a, cfg: cfg, log: cfg.log, readiness: newReadiness()}
	defer d.ignore(ctx, hangups)()
	d.metrics = newMetrics(ctx, cfg.connections, &d.db)
	cron := &schedule.Cron{
		Connections: cfg.connections, Default: cfg.Schedule, Jitter: cfg.Jitter, Ended: d.metrics.ended,
		Runner: a.runner(cfg, nil),
	}
	if err := cron.Init(); err != nil {
		return err
	}
	a.observe, d.wake = d.metrics.requested, cron.Wake
	if d.hooks, err = d.openHooks(); err != nil {
		return err
	}
	stopWeb, err := d.listen(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.run(ctx, cron), stopWeb())
}

// ignore logs signals that ask for nothing, until the returned function is called.
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
func (d *daemon) run(ctx context.Context, cron *schedule.Cron) error {
	db, closeDB, err := d.reach(ctx)
	if err != nil || db == nil {
		return err
	}
	d.db.Store(db)
	cron.Runner.DB = db
	d.log.Info("serving", "connections", len(d.cfg.connections), "parallel", d.cfg.Parallel)
	stop := context.AfterFunc(ctx, func() { d.stopping.Store(true) })
	defer stop()
	cron.Serve(ctx, d.cfg.ShutdownTimeout)
	if err := closeDB(); err != nil { // such as of sessions that were lost: nothing hangs on them any more
		d.log.Warn("the database could not be closed in order", "error", err)
	}
	d.log.Info("stopped")
	return nil
}

const (
	// reachEvery is how often a database that is away is tried.
	reachEvery = 2 * time.Second

	// reachComplain is how often the log says so.
	reachComplain = 30 * time.Second
)

// reach opens the database and brings its schema up to date. What may pass by
// itself is waited for, however long: compose and Kubernetes start both at
// once. It returns no database where ctx ends before.
func (d *daemon) reach(ctx context.Context) (*sqlx.DB, func() error, error) {
	var complained time.Time
	tick := time.NewTicker(reachEvery)
	defer tick.Stop()
	for {
		db, closeDB, err := d.openMigrated(ctx)
		switch {
		case err == nil:
			return db, closeDB, nil
		case ctx.Err() != nil:
			return nil, nil, nil
		case !sink.IsTransient(err):
			return nil, nil, err
		}
		if time.Since(complained) >= reachComplain {
			d.log.Error("the database cannot be used yet; trying again", "error", err)
			complained = time.Now()
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, nil, nil
		}
	}
}

func (d *daemon) openMigrated(ctx context.Context) (*sqlx.DB, func() error, error) {
	db, closeDB, err := d.openDatabase(ctx, d.cfg, sessionsFor(d.cfg.Parallel))
	if err != nil {
		return nil, nil, err
	}
	if err := (sink.Migration{DB: db, ReaderRole: string(d.cfg.ReaderRole), Log: d.cfg.log}).Run(ctx); err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	if err := noteConfigured(ctx, db, d.cfg.connections); err != nil {
		return nil, nil, errors.Join(err, closeDB())
	}
	return db, closeDB, nil
}
