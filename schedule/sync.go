// Package schedule is when connections run: on their cron schedules, or all of
// them once, apart from one another. Package pipeline is one run.
package schedule

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"rollcall/schedule/pipeline"
	"rollcall/sink/admin"
	"rollcall/sources"
)

// A Runner runs connections against one directory.
type Runner struct {
	pipeline.Runner
	Parallel int           // runs at once
	Keep     time.Duration // how long finished runs stay; 0 for ever
}

// Sync runs every connection once, Parallel at a time, and returns their
// results in the order of connections. One that fails disturbs no other.
func (r *Runner) Sync(ctx context.Context, connections []sources.Configured, o pipeline.Options) []pipeline.Result {
	results := make([]pipeline.Result, len(connections))
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

// sweep removes what is older than Keep. A failure is not one of the runs: the
// next sweep tries again.
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
