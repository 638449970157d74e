package schedule

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sources"
)

// A clockwork is a timetable without a database, and what ran by it. Its clock
// is the bubble's.
type clockwork struct {
	mu      sync.Mutex
	ticks   map[string]sink.Tick
	begun   time.Time
	skew    time.Duration // of the database's clock
	away    bool
	stalls  bool
	started []string      // name and time of each run, since begun
	takes   time.Duration // a run
	die     bool          // the runs, with their processes
	made    map[string]time.Time
	open    map[string]time.Time // since when the claimed tick's run has not begun
	refuse  int                  // so many runs cannot begin
	busy    int                  // so many find another run
}

func (c *clockwork) now() time.Time { return time.Now().Add(c.skew) }

func (c *clockwork) Ticks(ctx context.Context, names []string) ([]sink.Tick, error) {
	if c.stalls {
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return nil, errors.New("away")
	}
	var list []sink.Tick
	for _, name := range names {
		t := c.ticks[name]
		t.Source, t.Now = name, c.now()
		if t.Claimed != nil && c.made[name].Equal(*t.Claimed) {
			t.Died = nil
		}
		t.NotStarted = t.Claimed != nil && c.late(name)
		list = append(list, t)
	}
	return list, nil
}

func (c *clockwork) Begin(_ context.Context, names []string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		now, t := c.now(), c.ticks[name]
		t.Claimed = &now
		c.ticks[name] = t
	}
	return nil
}

func (c *clockwork) Claim(_ context.Context, was sink.Tick, tick time.Time, open bool) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.ticks[was.Source]
	if (t.Claimed == nil) != (was.Claimed == nil) || t.Claimed != nil && !t.Claimed.Equal(*was.Claimed) {
		return false, nil
	}
	t.Claimed = &tick
	c.ticks[was.Source] = t
	if open {
		c.reopen(was.Source, true)
	}
	return true, nil
}

func (c *clockwork) Retry(_ context.Context, was sink.Tick) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.ticks[was.Source]
	if !t.Claimed.Equal(*was.Claimed) {
		return false, nil
	}
	if was.Died == nil {
		mine := c.late(was.Source)
		c.reopen(was.Source, mine)
		return mine, nil
	}
	if t.Died == nil || *t.Died != *was.Died || c.made[was.Source].Equal(*t.Claimed) {
		return false, nil
	}
	c.made[was.Source] = *t.Claimed
	c.reopen(was.Source, true)
	return true, nil
}

func (c *clockwork) Skip(_ context.Context, name string, _ time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reopen(name, false)
	return nil
}

// late reports that the source's tick has been open for long.
func (c *clockwork) late(name string) bool {
	since, open := c.open[name]
	return open && time.Since(since) > 30*time.Second
}

func (c *clockwork) reopen(name string, open bool) {
	delete(c.open, name)
	if c.open == nil {
		c.open = map[string]time.Time{}
	}
	if open {
		c.open[name] = time.Now()
	}
}

func (c *clockwork) TerminateStale(context.Context) ([]string, error) { return nil, nil }

func (c *clockwork) run(ctx context.Context, s sources.Configured, o pipeline.Options) pipeline.Result {
	c.mu.Lock()
	if o.Kind == pipeline.Scheduled {
		if c.busy > 0 {
			c.busy--
			c.mu.Unlock()
			return pipeline.Result{Source: s.Name, Err: sink.ErrBusy}
		}
		if _, open := c.open[s.Name]; !open || c.refuse > 0 {
			c.refuse--
			c.mu.Unlock()
			return pipeline.Result{Source: s.Name, Err: errors.New("away")}
		}
		c.reopen(s.Name, false)
	}
	now := c.now()
	t := c.ticks[s.Name]
	t.Started, t.Died = &now, nil
	if id := int64(len(c.started)); c.die {
		t.Died = &id
	}
	c.ticks[s.Name] = t
	started := fmt.Sprintf("%s %v", s.Name, time.Since(c.begun).Round(time.Second))
	if o.Kind == pipeline.Refresh {
		started += " hook"
	}
	c.started = append(c.started, started)
	takes := c.takes
	c.mu.Unlock()
	select {
	case <-time.After(takes):
		return pipeline.Result{Source: s.Name, Report: sink.Report{Status: "succeeded"}}
	case <-ctx.Done():
		return pipeline.Result{Source: s.Name, Report: sink.Report{Status: "interrupted"}, Err: context.Cause(ctx)}
	}
}

// cronOf is a Cron by that clockwork.
func cronOf(t *testing.T, c *clockwork, parallel int, schedules map[string]string) *Cron {
	t.Helper()
	cron := &Cron{Runner: &Runner{Runner: pipeline.Runner{Log: slog.New(slog.DiscardHandler)}, Parallel: parallel}}
	for _, name := range slices.Sorted(maps.Keys(schedules)) {
		cron.Connections = append(cron.Connections, sources.Configured{Connection: sources.Connection{Name: name, Settings: sources.Settings{Schedule: schedules[name]}}})
	}
	if err := cron.Init(); err != nil {
		t.Fatal(err)
	}
	cron.table, cron.run = c, c.run
	return cron
}

// The clock of a bubble begins at midnight UTC.
func TestWhenConnectionsRun(t *testing.T) {
	ago := func(d time.Duration) *time.Time { t := time.Now().Add(-d); return &t }
	for _, test := range []struct {
		name      string
		schedules map[string]string
		known     func() map[string]sink.Tick
		takes     time.Duration
		parallel  int
		lasts     time.Duration
		die       bool
		refuse    int
		busy      int
		want      []string
	}{
		{
			name: "a new connection waits for its first tick", schedules: map[string]string{"a": "@hourly"},
			lasts: 2*time.Hour + time.Minute, want: []string{"a 1h0m0s", "a 2h0m0s"},
		},
		{
			name: "@every begins at once", schedules: map[string]string{"a": "@every 10m"},
			lasts: 25 * time.Minute, want: []string{"a 0s", "a 10m0s", "a 20m0s"},
		},
		{
			name: "@every counts from the last start", schedules: map[string]string{"a": "@every 10m"},
			known: func() map[string]sink.Tick {
				return map[string]sink.Tick{"a": {Claimed: ago(time.Hour), Started: ago(4 * time.Minute)}}
			},
			lasts: 20 * time.Minute, want: []string{"a 16m0s", "a 6m0s"},
		},
		{
			name: "one late start, however many ticks were missed", schedules: map[string]string{"a": "@hourly", "b": "@every 1h"},
			known: func() map[string]sink.Tick {
				return map[string]sink.Tick{"a": {Claimed: ago(50*time.Hour + time.Minute)}, "b": {Started: ago(50 * time.Hour)}}
			},
			lasts: 90 * time.Minute, want: []string{"a 0s", "a 1h0m0s", "b 0s", "b 1h0m0s"},
		},
		{
			name: "a run that still runs is not started again", schedules: map[string]string{"a": "*/10 * * * *"}, takes: 25 * time.Minute,
			lasts: 65 * time.Minute, want: []string{"a 10m0s", "a 40m0s"},
		},
		{
			name: "one at a time, the longest due first, and no tick is lost", schedules: map[string]string{"a": "10 * * * *", "b": "11 * * * *", "c": "10 * * * *"},
			takes: 5 * time.Minute, parallel: 1, lasts: 30 * time.Minute, want: []string{"a 10m0s", "b 20m0s", "c 15m0s"},
		},
		{
			name: "a run that died is retried", schedules: map[string]string{"a": "@hourly", "b": "@every 1h"},
			known: func() map[string]sink.Tick {
				return map[string]sink.Tick{
					"a": {Claimed: ago(0), Started: ago(0), Died: new(int64)},
					"b": {Claimed: ago(20 * time.Minute), Started: ago(20 * time.Minute), Died: new(int64)},
				}
			},
			lasts: 70 * time.Minute, want: []string{"a 0s", "a 1h0m0s", "b 0s", "b 1h0m0s"},
		},
		{
			name: "once, whatever becomes of it", schedules: map[string]string{"a": "@hourly"}, die: true, takes: time.Minute,
			lasts: 130 * time.Minute, want: []string{"a 1h0m0s", "a 1h1m0s", "a 2h0m0s", "a 2h1m0s"},
		},
		{
			name: "with the tick that is due, where one is", schedules: map[string]string{"a": "@hourly"},
			known: func() map[string]sink.Tick {
				return map[string]sink.Tick{"a": {Claimed: ago(2 * time.Hour), Died: new(int64)}}
			},
			lasts: 30 * time.Minute, want: []string{"a 0s"},
		},
		{
			name: "a run that cannot begin is tried again, a little later", schedules: map[string]string{"a": "@hourly", "b": "@every 1h"}, refuse: 4,
			lasts: 70 * time.Minute, want: []string{"a 1h0m0s", "b 1h2m0s", "b 2m0s"},
		},
		{
			name: "a tick at which another run is running is skipped", schedules: map[string]string{"a": "@hourly"}, busy: 1,
			lasts: 130 * time.Minute, want: []string{"a 2h0m0s"},
		},
		{
			name: "for refreshes there is time between the ticks", schedules: map[string]string{"a": "@hourly"},
			known: func() map[string]sink.Tick {
				return map[string]sink.Tick{"a": {Claimed: ago(0), RefreshDue: true}}
			},
			takes: 25 * time.Minute, lasts: 100 * time.Minute,
			want: []string{"a 0s hook", "a 1h15m10s", "a 25m5s hook", "a 50m10s hook"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &clockwork{ticks: map[string]sink.Tick{}, begun: time.Now(), takes: test.takes, die: test.die, refuse: test.refuse, busy: test.busy, made: map[string]time.Time{}}
				if test.known != nil {
					c.ticks = test.known()
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.lasts)
				defer cancel()
				cronOf(t, c, cmp.Or(test.parallel, 8), test.schedules).Serve(ctx, time.Hour)
				slices.Sort(c.started)
				slices.Sort(test.want)
				if diff := gocmp.Diff(test.want, c.started); diff != "" {
					t.Errorf("runs (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Many replicas that look at once make one run of a tick.
func TestReplicasClaimATickOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{ticks: map[string]sink.Tick{}, begun: time.Now(), takes: time.Second}
		ctx, cancel := context.WithTimeout(t.Context(), 65*time.Minute)
		defer cancel()
		var replicas sync.WaitGroup
		for range 5 {
			cron := cronOf(t, c, 2, map[string]string{"a": "*/20 * * * *", "b": "@every 30m"})
			replicas.Go(func() { cron.Serve(ctx, time.Hour) })
		}
		replicas.Wait()
		slices.Sort(c.started)
		if diff := gocmp.Diff([]string{"a 1h0m0s", "a 20m0s", "a 40m0s", "b 0s", "b 1h0m0s", "b 30m0s"}, c.started); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

func TestJitterSpreadsTheStarts(t *testing.T) {
	seen := map[time.Duration]bool{}
	for i := range 20 {
		d := offset(fmt.Sprint("c", i), time.Minute)
		if d < 0 || d >= time.Minute || d != offset(fmt.Sprint("c", i), time.Minute) {
			t.Errorf("offset %v", d)
		}
		seen[d.Truncate(10*time.Second)] = true
	}
	if len(seen) < 4 || offset("a", 0) != 0 {
		t.Errorf("twenty connections start at %v", seen)
	}
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{ticks: map[string]sink.Tick{}, begun: time.Now()}
		cron := cronOf(t, c, 2, map[string]string{"a": "@hourly"})
		cron.scheduled["a"].offset = 90 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
		defer cancel()
		cron.Serve(ctx, 0)
		if diff := gocmp.Diff([]string{"a 1h1m30s", "a 2h1m30s"}, c.started); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

// The schedule outlives a database that goes away, and a clock that is set back.
func TestTheScheduleOutlivesTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{ticks: map[string]sink.Tick{}, begun: time.Now()}
		set := func(f func()) func() { return func() { c.mu.Lock(); defer c.mu.Unlock(); f() } }
		for d, f := range map[time.Duration]func(){
			55 * time.Minute: set(func() { c.away = true }), 70*time.Minute + time.Second: set(func() { c.away = false }),
			150 * time.Minute: set(func() { c.skew = -24 * time.Hour }),
		} {
			timer := time.AfterFunc(d, f)
			defer timer.Stop()
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Hour+time.Minute)
		defer cancel()
		cronOf(t, c, 2, map[string]string{"a": "@hourly"}).Serve(ctx, 0)
		if diff := gocmp.Diff([]string{"a 1h10m2s", "a 2h0m0s", "a 3h0m0s", "a 4h0m0s"}, c.started); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

// A look at the database that an orderly stop cuts short is no error.
func TestAStopIsNoError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{ticks: map[string]sink.Tick{}, begun: time.Now(), stalls: true}
		cron := cronOf(t, c, 2, map[string]string{"a": "@hourly"})
		var said bytes.Buffer
		cron.log = slog.New(slog.NewTextHandler(&said, nil))
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("stopped")) })
		cron.Serve(ctx, time.Hour)
		if said.Len() > 0 {
			t.Errorf("the log says %s", &said)
		}
	})
}

func TestRunsAreInterruptedAfterTheirGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clockwork{ticks: map[string]sink.Tick{}, begun: time.Now(), takes: time.Hour}
		cron := cronOf(t, c, 2, map[string]string{"a": "@every 24h"})
		var ended []pipeline.Result
		cron.Ended = func(r pipeline.Result) { ended = append(ended, r) }
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cron.Serve(ctx, 25*time.Second)
		if took := time.Since(c.begun); took != 85*time.Second || len(ended) != 1 || !errors.Is(ended[0].Err, errStopped) {
			t.Errorf("after %v: %+v", took, ended)
		}
	})
}
