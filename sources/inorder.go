package sources

import (
	"context"
	"iter"
	"sync"
)

// InOrder calls f for each input, at most n at once, and yields the results in the order of the inputs. It
// ends at the first error, which may come from in or from f, or when ctx ends. The context that in and f get
// ends with the iteration, and no goroutine outlives it.
func InOrder[In, Out any](ctx context.Context, n int, in func(context.Context) iter.Seq2[In, error], f func(context.Context, In) (Out, error)) iter.Seq2[Out, error] {
	type result struct {
		out Out
		err error
	}
	return func(yield func(Out, error) bool) {
		work, cancel := context.WithCancel(ctx)
		stopped := make(chan struct{}) // of the consumer: while it lasts, it gets the error that in ends with, also when ctx has ended
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		defer close(stopped)

		// The consumer holds one more result than the queue.
		queue := make(chan chan result, max(n-1, 0))
		running.Go(func() {
			defer close(queue)
			for input, err := range in(work) {
				done := make(chan result, 1)
				select {
				case queue <- done:
				case <-stopped:
					return
				}
				if err != nil {
					done <- result{err: err}
					return
				}
				running.Go(func() {
					out, err := f(work, input)
					done <- result{out, err}
				})
			}
		})
		for done := range queue {
			if r := <-done; !yield(r.out, r.err) || r.err != nil {
				return
			}
		}
		if ctx.Err() != nil {
			var none Out
			yield(none, context.Cause(ctx))
		}
	}
}

// Count yields 0 to n-1, for [InOrder].
func Count(n int) func(context.Context) iter.Seq2[int, error] {
	return func(context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
		}
	}
}
