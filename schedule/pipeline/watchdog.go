package pipeline

import (
	"context"
	"fmt"
	"hash/maphash"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/sources"
)

// A watchdog watches whether a run makes progress: whether anything arrives that
// did not arrive before in this run. A provider that repeats its pages for ever
// makes none.
type watchdog struct {
	after time.Duration // the connection's TIMEOUT
	began time.Time
	last  atomic.Int64 // when the run last made progress, in nanoseconds since began
	again atomic.Int64 // how much came again since

	mu   sync.Mutex
	seen seen
}

func newWatchdog(after time.Duration) *watchdog { return &watchdog{after: after, began: time.Now()} }

// beat notes progress.
func (w *watchdog) beat() {
	w.last.Store(int64(time.Since(w.began)))
	w.again.Store(0)
}

// arrived notes a thing of the listing, by its kind and id. A new one is
// progress; it can be taken for an old one, but never the other way round.
func (w *watchdog) arrived(kind, id string) { w.add(kind, id) }

// news reports whether the page has an account that no page before it had.
func (w *watchdog) news(page sources.Page) bool {
	ids := make([]string, len(page.Records))
	for i := range page.Records {
		ids[i] = page.Records[i].ID
	}
	return w.add("of a page", ids...)
}

// add notes things of a kind, and reports whether one of them is new.
func (w *watchdog) add(kind string, ids ...string) (news bool) {
	kindHash := bits.RotateLeft64(maphash.String(seed, kind), 32)
	w.mu.Lock()
	for _, id := range ids {
		switch {
		case id == "":
		case w.seen.add(maphash.String(seed, id) ^ kindHash):
			news = true
		default:
			w.again.Add(1)
		}
	}
	w.mu.Unlock()
	if news {
		w.beat()
	}
	return news
}

// reset forgets what arrived, before the listing is read again.
func (w *watchdog) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = seen{}
	w.beat()
}

// watch returns a context that ends, with errNoProgress as its cause, once
// there was no progress for TIMEOUT. Call stop when done.
func (w *watchdog) watch(ctx context.Context) (watched context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	w.beat()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		timer := time.NewTimer(w.after)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			rest := w.after - (time.Since(w.began) - time.Duration(w.last.Load()))
			if rest <= 0 {
				cancel(errNoProgress{w.after, w.again.Load()})
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

// seed is that of this process: hashes are never stored.
var seed = maphash.MakeSeed()
