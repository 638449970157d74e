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

// A scheduledConnection is a connection and when it runs.
type scheduledConnection struct {
	sources.Configured
	when   Expression
	offset time.Duration // of its starts, within ROLLCALL_JITTER

	running    bool // in this process
	refreshing bool // running, for pending refreshes alone

	refreshFrom     time.Time // no earlier, on the clock of this machine
	refreshFailures int       // in a row
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

// due returns when the connection runs next: at its next tick, or now where the
// run of the last tick died or never started. begun is when this process began:
// ticks that were missed before are spread as well.
func (s *scheduledConnection) due(t sink.Tick, begun time.Time) time.Time {
	at := s.next(t)
	if (t.Died != nil || t.NotStarted) && at.After(t.Now) {
		at = t.Now
	}
	if earliest := begun.Add(s.offset); at.Before(earliest) {
		return earliest
	}
	return at
}

// next returns when the next tick is.
func (s *scheduledConnection) next(t sink.Tick) time.Time {
	if s.when.Every == 0 {
		return s.when.Next(*t.Claimed).Add(s.offset)
	}
	if last := s.last(t); last != nil {
		return last.Add(s.when.Every)
	}
	return t.Now // it never started: there is nothing to count from
}

// last is what @every counts from: the last start, or the last tick that was
// skipped, since the run before was still running; nil where there was none.
func (s *scheduledConnection) last(t sink.Tick) *time.Time {
	last := t.Claimed
	if at := t.Started; at != nil && !at.After(t.Now.Add(clockSlack)) && (last == nil || at.After(*last)) {
		last = at
	}
	return last
}

// tick is the tick that a start now stands for: the latest one, however many
// were missed.
func (s *scheduledConnection) tick(t sink.Tick) time.Time {
	if s.when.Every > 0 {
		return t.Now
	}
	return s.when.Last(*t.Claimed, t.Now.Add(-s.offset))
}

// ahead reports whether the clock was set back behind the last claimed tick.
func ahead(t sink.Tick) bool { return t.Claimed != nil && t.Claimed.After(t.Now.Add(clockSlack)) }
