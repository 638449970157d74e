package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"rollcall/schedule/pipeline"
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

	// leastBetween is the shortest time between two looks, however many webhook
	// notifications wake the loop.
	leastBetween = 100 * time.Millisecond

	// sweepEvery is how often this process asks whether old runs are to be
	// removed; over all replicas it is done once an hour.
	sweepEvery = 10 * time.Minute

	// askTimeout bounds each question of the loop: it must not stand still.
	askTimeout = 20 * time.Second
)

// errStopped ends the runs that did not end by themselves.
var errStopped = errors.New("rollcall was stopped, and the run did not end within ROLLCALL_SHUTDOWN_TIMEOUT: nothing was applied, and the next run starts over")

// A Cron runs connections when their schedules say so. However many replicas
// there are, each tick is claimed by one of them, in the database and on its
// clock.
type Cron struct {
	Runner      *Runner
	Connections []sources.Configured
	Default     Expression            // of connections without one of their own
	Jitter      time.Duration         // spreads the starts
	Ended       func(pipeline.Result) // called after each run that took its connection; may be nil

	table     timetable
	run       func(context.Context, sources.Configured, pipeline.Options) pipeline.Result
	log       *slog.Logger
	scheduled map[string]*scheduledConnection
	names     []string
	begun     time.Time // on the database's clock; zero before it was asked first

	slots  chan struct{} // one a run
	wake   chan struct{}
	runs   sync.WaitGroup
	mu     sync.Mutex // guards what changes in scheduled
	reaped time.Time
	swept  time.Time
	away   time.Time // when the log last said that the database is away
}

// A timetable is the database's side of a Cron, as sink.Timetable has it.
type timetable interface {
	Ticks(ctx context.Context, names []string) ([]sink.Tick, error)
	Begin(ctx context.Context, names []string) error
	Claim(ctx context.Context, last sink.Tick, tick time.Time, open bool) (bool, error)
	Retry(ctx context.Context, last sink.Tick) (bool, error)
	Skip(ctx context.Context, name string, tick time.Time) error
	TerminateStale(ctx context.Context) (names []string, err error)
}

// Init readies a Cron, before Wake and Serve. The Runner's database is needed
// only once it serves. The error is about a connection's schedule.
func (c *Cron) Init() error {
	c.run, c.log = c.Runner.Run, c.Runner.Log
	c.slots, c.wake = make(chan struct{}, c.Runner.Parallel), make(chan struct{}, 1)
	c.scheduled = map[string]*scheduledConnection{}
	for _, connection := range c.Connections {
		s := &scheduledConnection{Configured: connection, when: c.Default, offset: offset(connection.Name, c.Jitter)}
		if connection.Schedule != "" {
			if err := s.when.EnvDecode(connection.Schedule); err != nil {
				return fmt.Errorf("schedule of %s: %w", connection.Name, err)
			}
		}
		c.scheduled[connection.Name] = s
		c.names = append(c.names, connection.Name)
	}
	return nil
}

// Wake makes the loop look at once, since there is something new.
func (c *Cron) Wake() {
	select {
	case c.wake <- struct{}{}:
	default: // it is about to look
	}
}

// Serve starts runs until ctx ends, then waits for those that still run, and
// interrupts them after grace. A database that is away is asked again and again.
func (c *Cron) Serve(ctx context.Context, grace time.Duration) {
	if c.table == nil {
		c.table = sink.Timetable{DB: sink.ControlPool(c.Runner.DB)}
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
		c.log.Info("stopping: waiting for runs to end", "runs", n, "at_most", grace)
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
		c.log.Error("the schedule cannot be read; trying again", "error", err)
		c.away = time.Now()
	}
	return retryAfter
}

func (c *Cron) look(ctx, runs context.Context) (time.Duration, error) {
	if err := c.terminateStale(ctx); err != nil {
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
		s := c.scheduled[t.Source]
		if s.running {
			t.Died, t.NotStarted = nil, false // it lost its session, and has yet to notice; the next tick waits for it
		}
		if ahead(t) {
			c.log.Warn("the database's clock was set back: the schedule continues from now", "source", s.Name, "last", *t.Claimed, "now", t.Now)
			_, err = c.table.Claim(ctx, t, t.Now, false)
		} else if until := s.due(t, c.begun).Sub(t.Now); until > 0 {
			wait = min(wait, until)
		} else if s.refreshing {
			continue // a refresh must not cost a tick; its end wakes the loop
		} else if crowded = !s.running && !c.takeSlot(); !crowded {
			err = c.start(ctx, runs, s, t)
		}
		if err != nil {
			return 0, err
		}
		if crowded {
			return wait, nil // a run's end wakes the loop; refreshes wait for the schedule
		}
	}
	return min(wait, c.refresh(runs, ticks)), nil
}

// ticks reads where the connections stand, the longest due first.
func (c *Cron) ticks(ctx context.Context) ([]sink.Tick, error) {
	ticks, err := c.table.Ticks(ctx, c.names)
	if err != nil || len(ticks) == 0 {
		return nil, err
	}
	var fresh []string
	for i := range ticks {
		if t := &ticks[i]; t.Claimed == nil && c.scheduled[t.Source].when.Every == 0 {
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
		return c.scheduled[a.Source].due(a, c.begun).Compare(c.scheduled[b.Source].due(b, c.begun))
	})
	return ticks, nil
}

// start claims the connection's tick, for which a slot is taken unless it is
// running, and runs it. Where the run before is still running, the tick is skipped.
// A run that never started is retried, and so is one that died with its process,
// but once: a run that ends every process must not do so for ever.
func (c *Cron) start(ctx, runs context.Context, s *scheduledConnection, t sink.Tick) (err error) {
	var won bool
	var tick time.Time
	if s.next(t).After(t.Now) {
		tick = *t.Claimed
		won, err = c.table.Retry(ctx, t)
		switch {
		case won && t.Died != nil:
			c.log.Warn("last scheduled run died with its process or session; starting it again", "source", s.Name, "run", *t.Died)
		case won:
			c.log.Warn("last scheduled run never started; starting it now", "source", s.Name)
		}
	} else {
		tick = s.tick(t)
		won, err = c.table.Claim(ctx, t, tick, !s.running)
	}
	switch {
	case s.running:
		return err
	case err != nil || !won:
		<-c.slots
		return err
	}
	c.launch(runs, s, pipeline.Options{Kind: pipeline.Scheduled, Tick: tick}, func(pipeline.Result) {})
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

// launch runs the connection in the slot that was taken for it; c.mu is held, and
// is for after.
func (c *Cron) launch(runs context.Context, s *scheduledConnection, o pipeline.Options, after func(pipeline.Result)) {
	s.running, s.refreshing = true, o.Kind == pipeline.Refresh
	c.runs.Go(func() {
		result := c.run(runs, s.Configured, o)
		if c.Ended != nil && !pipeline.GaveWay(o, result.Err) {
			c.Ended(result)
		}
		if !o.Tick.IsZero() && errors.Is(result.Err, sink.ErrBusy) {
			c.skipTick(runs, s.Name, o.Tick)
		}
		c.mu.Lock()
		s.running, s.refreshing = false, false
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

// skipTick closes a tick whose run found another one running. Where it cannot,
// the run is retried: one too many does no harm.
func (c *Cron) skipTick(ctx context.Context, name string, tick time.Time) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if err := c.table.Skip(ctx, name, tick); err != nil {
		c.log.Debug("a tick could not be skipped", "source", name, "error", err)
	}
}

// terminateStale terminates the stale sessions of processes that hold a connection.
func (c *Cron) terminateStale(ctx context.Context) error {
	if time.Since(c.reaped) < pollEvery {
		return nil
	}
	names, err := c.table.TerminateStale(ctx)
	if err == nil {
		c.reaped = time.Now()
	}
	for _, name := range names {
		c.log.Warn("heartbeat timeout: the session of the process that ran it was terminated, and it can apply nothing", "source", name)
	}
	return err
}
