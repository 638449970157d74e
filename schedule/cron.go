package schedule

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sources"
)

const (
	// pollEvery is the longest time between two looks at the database: what
	// another replica or a person did is seen by then.
	pollEvery = 10 * time.Second

	// retryAfter is the wait after the database could not be asked.
	retryAfter = 2 * time.Second

	// complainEvery is how often the log says that the database is still away.
	complainEvery = time.Minute

	// leastBetween lies between two looks, however many hints wake the loop.
	leastBetween = 100 * time.Millisecond

	// sweepEvery is how often this process asks whether old runs are to be
	// removed; over all replicas it is done once an hour.
	sweepEvery = 10 * time.Minute

	// askTimeout bounds each question of the loop: it must not stand still.
	askTimeout = 20 * time.Second
)

// errStopped ends the runs that did not end by themselves.
var errStopped = errors.New("rollcall was told to stop, and the run did not end within ROLLCALL_SHUTDOWN_TIMEOUT: nothing was applied, and the next run starts over")

// A Cron runs connections when their schedules say so. However many replicas
// there are, each tick is claimed by one of them, in the database and on its
// clock.
type Cron struct {
	Runner      *Runner
	Connections []sources.Configured
	Default     sources.Schedule // of connections without one of their own
	Jitter      time.Duration    // spreads the starts
	Ended       func(Result)     // told of each run that took its connection; may be nil

	table timetable
	run   func(context.Context, sources.Configured, Options) Result
	log   *slog.Logger
	lines map[string]*line
	names []string
	begun time.Time // on the database's clock; zero before it was asked first

	slots  chan struct{} // one a run
	wake   chan struct{}
	runs   sync.WaitGroup
	mu     sync.Mutex // guards what changes in lines
	reaped time.Time
	swept  time.Time
	away   time.Time // when the database was last complained about
}

// A timetable is the database's side of a Cron.
type timetable interface {
	Ticks(ctx context.Context, names []string) ([]sink.Tick, error)
	Begin(ctx context.Context, names []string) error
	Claim(ctx context.Context, t sink.Tick, tick time.Time, open bool) (bool, error)
	Retry(ctx context.Context, t sink.Tick) (bool, error)
	SkipTick(ctx context.Context, name string, tick time.Time) error
	Reap(ctx context.Context) (names []string, err error)
}

// sessions is a timetable on sessions that no run takes.
type sessions struct{ db *sqlx.DB }

func (s sessions) Ticks(ctx context.Context, names []string) ([]sink.Tick, error) {
	return sink.Ticks(ctx, s.db, names)
}

func (s sessions) Begin(ctx context.Context, names []string) error {
	return sink.BeginTicks(ctx, s.db, names)
}

func (s sessions) Claim(ctx context.Context, t sink.Tick, tick time.Time, open bool) (bool, error) {
	return sink.Claim(ctx, s.db, t, tick, open)
}

func (s sessions) Retry(ctx context.Context, t sink.Tick) (bool, error) {
	return sink.Retry(ctx, s.db, t)
}

func (s sessions) SkipTick(ctx context.Context, name string, tick time.Time) error {
	return sink.SkipTick(ctx, s.db, name, tick)
}

func (s sessions) Reap(ctx context.Context) ([]string, error) {
	return sink.TerminateStale(ctx, s.db, sink.HeartbeatTimeout)
}

// Init readies a Cron, before Wake and Serve. The Runner's database is needed
// only once it serves.
func (c *Cron) Init() {
	c.run, c.log = c.Runner.Run, c.Runner.Log
	c.slots, c.wake = make(chan struct{}, c.Runner.Parallel), make(chan struct{}, 1)
	c.lines = map[string]*line{}
	for _, connection := range c.Connections {
		l := &line{Configured: connection, when: connection.Schedule, offset: offset(connection.Name, c.Jitter)}
		if !l.when.Set() {
			l.when = c.Default
		}
		c.lines[connection.Name] = l
		c.names = append(c.names, connection.Name)
	}
}

// Wake makes the loop look at once, since there is something new.
func (c *Cron) Wake() {
	select {
	case c.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Serve starts runs until ctx ends, then waits for those that go on, and
// interrupts them after grace. A database that is away is asked again and again.
func (c *Cron) Serve(ctx context.Context, grace time.Duration) {
	if c.table == nil {
		c.table = sessions{sink.ControlPool(c.Runner.DB)}
	}
	runs, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)
	timer := time.NewTimer(0)
	defer timer.Stop()
	var last time.Time
	for ctx.Err() == nil {
		select {
		case <-timer.C:
		case <-c.wake:
			if early := leastBetween - time.Since(last); early > 0 {
				timer.Reset(early)
				continue
			}
		case <-ctx.Done():
			continue
		}
		last = time.Now()
		timer.Reset(c.round(ctx, runs))
	}
	if n := len(c.slots); n > 0 {
		c.log.Info("told to stop: waiting for runs to end", "runs", n, "at_most", grace)
	}
	stop := time.AfterFunc(grace, func() { interrupt(errStopped) })
	defer stop.Stop()
	c.runs.Wait()
}

// round starts what is due and returns how long there is nothing to do.
func (c *Cron) round(serving, runs context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(serving, askTimeout)
	defer cancel()
	next, err := c.look(ctx, runs)
	if err == nil {
		if !c.away.IsZero() {
			c.log.Info("the database answers again")
		}
		c.away = time.Time{}
		return next
	}
	if time.Since(c.away) >= complainEvery && serving.Err() == nil {
		c.log.Error("the schedule cannot be looked at; trying again", "error", err)
		c.away = time.Now()
	}
	return retryAfter
}

func (c *Cron) look(ctx, runs context.Context) (time.Duration, error) {
	if err := c.reap(ctx); err != nil {
		return 0, err
	}
	ticks, err := c.ticks(ctx)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	wait, crowded := pollEvery, false
	for _, t := range ticks {
		l := c.lines[t.Source]
		if l.running {
			t.Died, t.NotStarted = nil, false // it lost its session, and has yet to notice; it waits for the connection
		}
		if ahead(t) {
			c.log.Warn("the database's clock was set back: the schedule goes on from now", "source", l.Name, "last", *t.Claimed, "now", t.Now)
			_, err = c.table.Claim(ctx, t, t.Now, false)
		} else if until := l.due(t, c.begun).Sub(t.Now); until > 0 {
			wait = min(wait, until)
		} else if l.asking {
			continue // hints must not cost a tick; their run's end wakes the loop
		} else if crowded = !l.running && !c.takeSlot(); !crowded {
			err = c.start(ctx, runs, l, t)
		}
		if err != nil {
			return 0, err
		}
		if crowded {
			return wait, nil // a run's end wakes the loop; hints wait for the schedule
		}
	}
	return min(wait, c.askForHints(runs, ticks)), nil
}

// ticks asks where the connections stand, the longest due first.
func (c *Cron) ticks(ctx context.Context) ([]sink.Tick, error) {
	ticks, err := c.table.Ticks(ctx, c.names)
	if err != nil || len(ticks) == 0 {
		return nil, err
	}
	var fresh []string
	for i := range ticks {
		if t := &ticks[i]; t.Claimed == nil && c.lines[t.Source].when.Every == 0 {
			fresh = append(fresh, t.Source)
			t.Claimed = &t.Now // no tick was missed by a connection that is new
		}
	}
	if len(fresh) > 0 {
		if err := c.table.Begin(ctx, fresh); err != nil {
			return nil, err
		}
	}
	if now := ticks[0].Now; c.begun.IsZero() || c.begun.After(now) { // or the clock was set back
		c.begun = now
	}
	slices.SortStableFunc(ticks, func(a, b sink.Tick) int {
		return c.lines[a.Source].due(a, c.begun).Compare(c.lines[b.Source].due(b, c.begun))
	})
	return ticks, nil
}

// start claims the line's tick, for which a slot is taken unless it is running,
// and runs it. A run that still goes on is not started again: the tick is over.
// One that never began is made up, and so is one that died with its process, but
// once: a run that ends every process must not do so for ever.
func (c *Cron) start(ctx, runs context.Context, l *line, t sink.Tick) (err error) {
	var won bool
	var tick time.Time
	if l.next(t).After(t.Now) {
		tick = *t.Claimed
		won, err = c.table.Retry(ctx, t)
		switch {
		case won && t.Died != nil:
			c.log.Warn("the last scheduled run died with its process or session: it is made up", "source", l.Name, "run", *t.Died)
		case won:
			c.log.Warn("the run of the last tick has not begun: it is made up", "source", l.Name)
		}
	} else {
		tick = l.tick(t)
		won, err = c.table.Claim(ctx, t, tick, !l.running)
	}
	switch {
	case l.running:
		return err
	case err != nil || !won:
		<-c.slots
		return err
	}
	c.launch(runs, l, Options{Trigger: Schedule, tick: tick}, func(Result) {})
	return nil
}

// takeSlot takes one of ROLLCALL_PARALLEL, if one is free.
func (c *Cron) takeSlot() bool {
	select {
	case c.slots <- struct{}{}:
		return true
	default:
		return false
	}
}

// launch runs the line in the slot that was taken for it; c.mu is held, and is
// for after.
func (c *Cron) launch(runs context.Context, l *line, o Options, after func(Result)) {
	l.running, l.asking = true, o.Trigger == Hook
	c.runs.Go(func() {
		result := c.run(runs, l.Configured, o)
		if c.Ended != nil && !gaveWay(o, result.Err) {
			c.Ended(result)
		}
		if !o.tick.IsZero() && errors.Is(result.Err, sink.ErrBusy) {
			c.skipTick(runs, l.Name, o.tick)
		}
		c.mu.Lock()
		l.running, l.asking = false, false
		after(result)
		sweep := time.Since(c.swept) >= sweepEvery
		if sweep {
			c.swept = time.Now()
		}
		c.mu.Unlock()
		if sweep {
			c.Runner.sweep(runs)
		}
		<-c.slots
		c.Wake()
	})
}

// skipTick closes a tick whose run found another one at work. Where it cannot,
// the run is made up: one too many does no harm.
func (c *Cron) skipTick(ctx context.Context, name string, tick time.Time) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := c.table.SkipTick(ctx, name, tick); err != nil {
		c.log.Debug("a tick could not be left out", "source", name, "error", err)
	}
}

// reap ends the sessions of processes that hold a connection and are silent.
func (c *Cron) reap(ctx context.Context) error {
	if time.Since(c.reaped) < pollEvery {
		return nil
	}
	names, err := c.table.Reap(ctx)
	if err == nil {
		c.reaped = time.Now()
	}
	for _, name := range names {
		c.log.Warn("the process that ran it is silent: its session was ended, and it can apply nothing", "source", name)
	}
	return err
}
