package backstack

import (
	"context"
	"iter"
	"sync"
)

// ahead calls do for 0 to n-1, up to limit at once, and yields the results in that order. It holds no more
// than limit of them, and no goroutine of its own is left when it ends.
func ahead[T any](ctx context.Context, n, limit int, do func(context.Context, int) T) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()

		ring := make([]chan T, min(limit, n))
		start := func(i int) {
			result := make(chan T, 1)
			ring[i%len(ring)] = result
			running.Go(func() { result <- do(ctx, i) })
		}
		for i := range ring {
			start(i)
		}
		for i := range n {
			result := <-ring[i%len(ring)] // do ends when ctx does
			if next := i + len(ring); next < n {
				start(next)
			}
			if !yield(i, result) {
				return
			}
		}
	}
}
