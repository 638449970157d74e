package schedule

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// A pulse watches whether a run makes progress: whether anything arrives that
// did not arrive before in this run. A provider that repeats its pages for ever
// makes none.
type pulse struct {
	after time.Duration // the connection's TIMEOUT
	began time.Time
	last  atomic.Int64 // when it last made progress, in nanoseconds since began

	mu    sync.Mutex
	seen  seen
	again int64 // what came again since the last progress
}

func newPulse(after time.Duration) *pulse { return &pulse{after: after, began: time.Now()} }

// beat notes progress.
func (p *pulse) beat() { p.last.Store(int64(time.Since(p.began))) }

// arrived notes a thing of the listing, by its kind and id, and reports whether
// it is new: then it is progress. A new one can be taken for an old one, but
// never the other way round.
func (p *pulse) arrived(kind, id string) bool {
	if id == "" {
		return false
	}
	hash := maphash.String(seed, id) ^ bits.RotateLeft64(maphash.String(seed, kind), 32)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.seen.add(hash) {
		p.again++
		return false
	}
	p.again = 0
	p.beat()
	return true
}

// reset forgets what arrived, before the listing is read again.
func (p *pulse) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.again = seen{}, 0
	p.beat()
}

// watch returns a context that ends, with errNoProgress as its cause, once
// there was no progress for TIMEOUT. Call stop when done.
func (p *pulse) watch(ctx context.Context) (watched context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	p.beat()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(p.after)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			rest := p.after - (time.Since(p.began) - time.Duration(p.last.Load()))
			if rest <= 0 {
				cancel(p.gaveUp())
				return
			}
			timer.Reset(rest)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

func (p *pulse) gaveUp() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return errNoProgress{p.after, p.again}
}

// errNoProgress ends a run that made no progress for the connection's TIMEOUT.
type errNoProgress struct {
	after time.Duration
	again int64 // what came again meanwhile
}

func (e errNoProgress) Error() string {
	if e.again > 0 {
		return fmt.Sprintf("no progress for %v (TIMEOUT), so the run was given up: the provider answered, but with nothing new; ask it whether its paging repeats", e.after)
	}
	return fmt.Sprintf("no progress for %v (TIMEOUT), so the run was given up", e.after)
}

// seen is a set of hashes in bounded memory: bitmaps, each for sixteen times as
// many as the one before. It can take a new hash for one that it has: hardly
// ever in a run of 100,000 accounts, four times in five in one of 100 million.
type seen struct {
	bitmaps [][]uint64
	room    int // how many more the last bitmap takes
}

// Sizes of the bitmaps in bits: 64 KiB for most runs, 16 MiB at most.
var seenBits = [...]uint64{1 << 19, 1 << 23, 1 << 27}

// add adds a hash and reports whether it was not in the set.
func (s *seen) add(hash uint64) bool {
	if n := len(s.bitmaps); s.room == 0 && n < len(seenBits) {
		s.bitmaps = append(s.bitmaps, make([]uint64, seenBits[n]/64))
		s.room = int(seenBits[n] / 4)
	}
	var word *uint64
	bit := uint64(1) << (hash % 64)
	for _, bitmap := range s.bitmaps {
		word = &bitmap[hash/64%uint64(len(bitmap))]
		if *word&bit != 0 {
			return false
		}
	}
	*word |= bit
	s.room = max(0, s.room-1)
	return true
}

// seed is of this process: hashes are never stored.
var seed = maphash.MakeSeed()
