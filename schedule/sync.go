package schedule

import (
	"context"

	"golang.org/x/sync/errgroup"

	"rollcall/sources"
)

// Sync runs every connection once, Parallel at a time, and returns their
// results in the order of connections. One that fails disturbs no other.
func (r *Runner) Sync(ctx context.Context, connections []sources.Configured, o Options) []Result {
	results := make([]Result, len(connections))
	var group errgroup.Group // without a context: one failure must not cancel the others
	group.SetLimit(r.Parallel)
	for i, c := range connections {
		group.Go(func() error {
			results[i] = r.Run(ctx, c, o)
			return nil
		})
	}
	_ = group.Wait() // no member returns an error
	return results
}
