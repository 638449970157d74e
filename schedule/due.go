package schedule

import (
	"hash/fnv"
	"time"

	"rollcall/sink"
	"rollcall/sources"
)

// clockSlack is how far ahead of the database's clock a claimed tick may lie. A
// clock that was set back by less repeats no tick; one set back by more must
// not keep a connection waiting until it has caught up.
const clockSlack = time.Minute

// A line is one connection as it is scheduled.
type line struct {
	sources.Configured
	when   sources.Schedule
	offset time.Duration // of its starts, within ROLLCALL_JITTER

	running bool // in this process
	asking  bool // running, for hints alone

	// Hints are asked for no earlier than that, on the clock of this machine.
	hintsFrom    time.Time
	hintFailures int
}

// offset spreads the starts: by the connection's name, so that all replicas
// agree and a connection's starts keep their distance from each other.
func offset(name string, jitter time.Duration) time.Duration {
	if jitter <= 0 {
		return 0
	}
	hash := fnv.New64a()
	_, _ = hash.Write([]byte(name)) // never an error
	return time.Duration(hash.Sum64() % uint64(jitter))
}

// due returns when the line is to be run next: at its next tick, or now where
// the run of the last one died or never began. begun is when this process began: what was missed
// before it starts spread as well.
func (l *line) due(t sink.Tick, begun time.Time) time.Time {
	at := l.next(t)
	if (t.Died != nil || t.NotStarted) && at.After(t.Now) {
		at = t.Now
	}
	if earliest := begun.Add(l.offset); at.Before(earliest) {
		return earliest
	}
	return at
}

// next returns when the line's next tick is.
func (l *line) next(t sink.Tick) time.Time {
	if l.when.Every == 0 {
		return l.when.Next(*t.Claimed).Add(l.offset)
	}
	if last := l.last(t); last != nil {
		return last.Add(l.when.Every)
	}
	return t.Now // it never started: there is nothing to count from
}

// last is what @every counts from: the last start, or the last tick where a run
// that still went on left it out; nil where there was none.
func (l *line) last(t sink.Tick) *time.Time {
	last := t.Claimed
	if s := t.Started; s != nil && !s.After(t.Now.Add(clockSlack)) && (last == nil || s.After(*last)) {
		last = s
	}
	return last
}

// tick is the tick that a start now stands for: the latest one, however many
// were missed.
func (l *line) tick(t sink.Tick) time.Time {
	if l.when.Every > 0 {
		return t.Now
	}
	return l.when.Last(*t.Claimed, t.Now.Add(-l.offset))
}

// ahead tells that the clock was set back behind the last claimed tick.
func ahead(t sink.Tick) bool { return t.Claimed != nil && t.Claimed.After(t.Now.Add(clockSlack)) }
