package pipeline

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"rollcall/sink"
	"rollcall/sink/sinktest/proxy"
)

// A kind of fault is what the random schedules draw from.
type kind struct {
	provider bool // what is disturbed; else Postgres
	effect   func(s *random) proxy.Effect
}

func fixed(e proxy.Effect) func(*random) proxy.Effect {
	return func(*random) proxy.Effect { return e }
}

func late(s *random) proxy.Effect { return proxy.Delay(time.Duration(1+s.IntN(80)) * time.Millisecond) }

func interrupt(s *random) proxy.Effect {
	return proxy.Call("interrupt", func() { s.stop(errStop) })
}

var kinds = []kind{
	{false, fixed(proxy.Cut())},
	{true, fixed(proxy.Cut())},
	{false, fixed(proxy.CutHalfway())},
	{true, fixed(proxy.CutHalfway())},
	{false, fixed(proxy.BlackHole())},
	{true, fixed(proxy.BlackHole())},
	{false, fixed(proxy.LoseAnswer())},
	{false, func(s *random) proxy.Effect { return proxy.Away(1 + s.IntN(6)) }},
	{false, interrupt},
	{true, interrupt},
	{false, late},
	{true, late},
	{false, fixed(proxy.Drip())},
	{true, fixed(proxy.Drip())},
	{false, fixed(proxy.CutAfter())},
}

// moments are those at which more can go wrong than at most others.
var moments = []proxy.Moment{
	proxy.CopyData(1), proxy.Commit(theStaging), proxy.Runs(theFence), proxy.Says(theHistory), proxy.Runs(theUpdate),
	proxy.Runs(theInsert), proxy.Runs(theNumber), proxy.Runs("INTO directory.runs"), proxy.Commit(theNumber),
}

// A tally is how often each kind of fault took place in all schedules.
type tally struct {
	mu    sync.Mutex
	fired map[string]int
	ended int
}

func (l *tally) add(fired map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended++
	for name, n := range fired {
		l.fired[name] += n
	}
}

// Random faults befall the runs of a random world that changes between them. Each
// run does all or nothing, and one more, without a fault, makes the directory what
// the provider has.
//
// A schedule is repeated by its seed, which is the name of its test.
func TestFaultsAtRandom(t *testing.T) {
	t.Parallel()
	schedules := proxy.HowMany(t, 10, 200)
	l := &tally{fired: map[string]int{}}
	t.Cleanup(func() {
		t.Logf("%d schedules; faults that took place: %v", l.ended, l.fired)
		if l.ended < schedules {
			return // some were not requested, or failed
		}
		for _, k := range kinds {
			name := (&random{}).name(k)
			if l.fired[name] == 0 {
				t.Errorf("%q never took place: the schedules show nothing of it", name)
			}
		}
	})
	for seed := range schedules {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			s := newRandom(t, newRig(t), seed)
			for round := range 3 {
				s.round(kinds[(3*seed+round)%len(kinds)])
			}
			s.finish()
			l.add(s.sum)
		})
	}
}

// A random schedule is drawn as it goes.
type random struct {
	*rand.Rand
	*disturbance
	god   *dicedGod
	steps int // of a run that is not disturbed
	reads int
	stop  context.CancelCauseFunc
	sum   map[string]int
}

// newRandom makes a random world, as yet without a fault.
func newRandom(t *testing.T, r *rig, seed int) *random {
	t.Helper()
	dice := rand.New(rand.NewPCG(uint64(seed), 17))
	provider := stateless[dice.IntN(len(stateless))]
	n := r.connect(acme, provider, account(root, ""))
	n.set("MAX_DELETE_PERCENT", "100")
	if provider != "agendize" {
		n.set("PAGE_SIZE", fmt.Sprint([]int{1000, 3, 7}[dice.IntN(3)]))
	}
	s := &random{Rand: dice, disturbance: r.disturbed(), god: newDicedGod(dice, n.world, provider), sum: map[string]int{}}
	s.mustSync("succeeded")
	s.steps, s.reads = s.postgres.Steps(), s.provider.Steps()
	s.rows = s.directory()
	t.Logf("%s, %d accounts, %d messages to Postgres, %d answers", provider, n.world.Len(), s.steps, s.reads)
	return s
}

// name is under which a kind is counted.
func (s *random) name(k kind) string {
	if s.Rand == nil {
		s = &random{Rand: rand.New(rand.NewPCG(0, 0))}
	}
	if k.provider {
		return "provider: " + k.effect(s).Name
	}
	return "postgres: " + k.effect(s).Name
}

// round lets the world change and has a run read it that is disturbed by the
// fault, and at times by another one.
func (s *random) round(k kind) {
	s.t.Helper()
	s.god.act()
	ctx, stop := context.WithCancelCause(s.t.Context())
	defer stop(nil)
	s.stop = stop
	s.n.set("REQUEST_TIMEOUT", "300ms")
	hole := s.inject(k)
	if other := kinds[s.IntN(len(kinds))]; s.IntN(3) == 0 && (hole == nil || !s.swallows(other)) {
		if second := s.inject(other); second != nil {
			hole = second
		}
	}
	options := []func(*Options){wait, backfill, func(o *Options) { o.Plan = func(sink.Change) error { return nil } }}
	what := max(0, s.IntN(10)-7)
	last := s.last()
	done := make(chan Result, 1)
	go func() { done <- s.run(ctx, acme, options[what]) }()
	results := s.await(done, hole)
	before := s.fired()
	s.settle()
	s.t.Logf("run %d (%s) ended %v", last+1, []string{"sync", "backfill", "plan"}[what], outcomes(results))
	s.judge(last, results...)
	maps.Copy(s.sum, before)
}

// inject puts a fault into force and returns it if a run would wait for its end.
func (s *random) inject(k kind) *proxy.Fault {
	at, to, skip := proxy.Moment(proxy.Step), s.postgres, s.IntN(s.steps)
	effect := k.effect(s)
	switch {
	case k.provider:
		to, at, skip = s.provider, proxy.Answer, s.IntN(s.reads)
		if effect.Name == proxy.CutHalfway().Name || s.IntN(2) == 0 {
			at = proxy.Body
		}
	case s.IntN(2) == 0:
		i := s.IntN(len(moments))
		if effect.Name == proxy.LoseAnswer().Name {
			i = len(moments) - 1 // that of the commit is the one that matters
		}
		at, skip = moments[i], 0
		s.t.Logf("at moment %d:", i)
	}
	s.t.Logf("%s after %d", s.name(k), skip)
	fault := to.Inject(at, skip, effect)
	if s.swallows(k) {
		return fault
	}
	return nil
}

// swallows reports whether a run would wait for the end of such a fault: nothing
// ends a session in a black hole but its lease, and that takes its time.
func (s *random) swallows(k kind) bool {
	return !k.provider && k.effect(s).Name == proxy.BlackHole().Name
}

// await waits for the run. Once it stalls in a black hole, another run takes its
// place, or the hole is found out.
func (s *random) await(done <-chan Result, hole *proxy.Fault) []Result {
	if hole == nil {
		return []Result{<-done}
	}
	select {
	case result := <-done:
		return []Result{result}
	case <-hole.Fired():
	}
	var results []Result
	if s.IntN(2) == 0 {
		for held := true; held; {
			if _, err := sink.TerminateStale(s.t.Context(), s.db, 20*time.Millisecond); err != nil {
				s.t.Fatal(err)
			}
			s.get(&held, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
		}
		through := s.through
		s.through = nil
		results = append(results, s.run(s.t.Context(), acme, wait))
		s.through = through
	}
	s.postgres.Clear()
	return append(results, <-done)
}

// finish ends the faults. One sync heals everything, and what is kept for a
// backfill to continue with is used up by it.
func (s *random) finish() {
	s.t.Helper()
	s.n.set("REQUEST_TIMEOUT", "30s")
	s.mustHeal()
	var checkpoints int
	if s.get(&checkpoints, `SELECT count(*) FROM directory_internal.checkpoint`); checkpoints > 0 {
		s.mustSync("succeeded", backfill)
		s.mustHeal()
	}
	if s.get(&checkpoints, `SELECT count(*) FROM directory_internal.checkpoint`); checkpoints > 0 {
		s.t.Error("a checkpoint is left")
	}
}

func outcomes(results []Result) (list []string) {
	for _, r := range results {
		list = append(list, fmt.Sprintf("%d %q %v", r.RunID, r.Status, r.Err))
	}
	return list
}
