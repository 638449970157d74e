package schedule

import (
	"context"

	"golang.org/x/sync/errgroup"

	"rollcall/sink/admin"
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
	r.sweep(ctx)
	return results
}

// sweep removes what is older than it is kept. That it fails is no failure of
// the runs: the next one tries again.
func (r *Runner) sweep(ctx context.Context) {
	if r.Keep <= 0 || ctx.Err() != nil {
		return
	}
	swept, err := admin.Sweep(ctx, r.DB, r.Keep)
	switch {
	case err != nil:
		r.Log.Warn("old runs could not be removed", "error", err)
	case swept != admin.Swept{}:
		r.Log.Info("old runs and resolved rejects were removed (ROLLCALL_RETENTION)", "runs", swept.Runs, "rejects", swept.Rejects)
	}
}
