package sources

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// Later inputs are ready first, and yet the results come in order, and never more than n at once.
func TestInOrderKeepsTheOrderAndTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, inputs = 3, 20
		var mu sync.Mutex
		var running, most int
		var got []int
		began := time.Now()
		for out, err := range InOrder(t.Context(), n, Count(inputs), func(_ context.Context, i int) (int, error) {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Duration(inputs-i) * time.Second)
			mu.Lock()
			running--
			mu.Unlock()
			return i * i, nil
		}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, out)
		}
		var want []int
		for i := range inputs {
			want = append(want, i*i)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
		if most != n {
			t.Errorf("%d ran at once, want %d", most, n)
		}
		if took, alone := time.Since(began), inputs*(inputs+1)/2*time.Second; took > alone/2 {
			t.Errorf("took %v; one after another takes %v", took, alone)
		}
	})
}

// An error ends the sequence behind the results before it, whether it comes from the inputs or from f.
func TestInOrderEndsAtTheFirstError(t *testing.T) {
	defer goleak.VerifyNone(t)
	broken := errors.New("broken")
	inputs := func(context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			_ = yield(1, nil) && yield(2, nil) && yield(0, broken) && yield(3, nil)
		}
	}
	refuseTwo := func(_ context.Context, i int) (int, error) {
		if i == 2 {
			return 0, broken
		}
		return i, nil
	}
	for name, test := range map[string]struct {
		f    func(context.Context, int) (int, error)
		want []int
	}{
		"of the inputs": {func(_ context.Context, i int) (int, error) { return i, nil }, []int{1, 2}},
		"of f":          {refuseTwo, []int{1}},
	} {
		var got []int
		var last error
		for out, err := range InOrder(t.Context(), 2, inputs, test.f) {
			if last = err; err == nil {
				got = append(got, out)
			}
		}
		if !slices.Equal(got, test.want) || !errors.Is(last, broken) {
			t.Errorf("%s: got %v and then %v, want %v and the error", name, got, last, test.want)
		}
	}
}

// A consumer that stops ends what is still running: the inputs and f.
func TestInOrderStopsWithItsConsumer(t *testing.T) {
	defer goleak.VerifyNone(t)
	endless := func(ctx context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			if yield(0, nil) {
				<-ctx.Done() // such as a request that is not answered
			}
		}
	}
	for range InOrder(t.Context(), 4, endless, func(_ context.Context, i int) (int, error) { return i, nil }) {
		break
	}
	for range InOrder(t.Context(), 4, Count(10), func(ctx context.Context, i int) (int, error) {
		if i > 0 {
			<-ctx.Done()
		}
		return i, nil
	}) {
		break
	}
}

// What the inputs say about a context that ended is not lost.
func TestInOrderKeepsTheErrorOfTheInputs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	last := errors.New("the provider answered last: 429")
	for range 50 { // the choice between two channels is a random one
		inputs := func(context.Context) iter.Seq2[int, error] {
			return func(yield func(int, error) bool) { yield(0, last) }
		}
		for _, err := range InOrder(ctx, 2, inputs, func(_ context.Context, i int) (int, error) { return i, nil }) {
			if !errors.Is(err, last) {
				t.Fatalf("the error is %v, want that of the inputs", err)
			}
		}
	}
}

// A context that ends is an error with its cause, also where the inputs do not report it.
func TestInOrderReportsACancelledContext(t *testing.T) {
	defer goleak.VerifyNone(t)
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	waits := func(ctx context.Context) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			if yield(0, nil) {
				<-ctx.Done()
			}
		}
	}
	var last error
	for _, err := range InOrder(ctx, 2, waits, func(_ context.Context, i int) (int, error) { return i, nil }) {
		last = err
		cancel(stopped)
	}
	if !errors.Is(last, stopped) {
		t.Errorf("the last error is %v, want the cause", last)
	}
}
