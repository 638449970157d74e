package schedule

import (
	"context"
	"time"

	"rollcall/schedule/pipeline"
	"rollcall/sink"
)

// A webhook notification of a provider names accounts that changed. Their
// refreshes are pending until the accounts were requested, in runs of their own
// between those of the schedule.

const (
	// refreshPause is between two such runs of a connection, however many
	// notifications come, and lets the schedule go first.
	refreshPause = 5 * time.Second

	// maxRefreshPause is the longest wait after runs that failed.
	maxRefreshPause = 10 * time.Minute
)

// refresh starts runs for pending refreshes, and returns when there is more to
// do. c.mu is held.
func (c *Cron) refresh(runs context.Context, ticks []sink.Tick) time.Duration {
	wait := pollEvery
	for _, t := range ticks {
		s := c.scheduled[t.Source]
		if !t.RefreshDue || s.running {
			continue
		}
		if pause := time.Until(s.refreshFrom); pause > 0 {
			wait = min(wait, pause)
			continue
		}
		if !c.takeSlot() {
			break // a run's end wakes the loop
		}
		c.launch(runs, s, pipeline.Options{Kind: pipeline.Refresh}, s.afterRefresh)
	}
	return wait
}

// afterRefresh decides when accounts are refreshed again.
func (s *scheduledConnection) afterRefresh(r pipeline.Result) {
	pause := refreshPause
	if r.Status != "failed" {
		s.refreshFailures = 0
	} else {
		s.refreshFailures++
		pause = min(refreshPause<<min(s.refreshFailures, 10), maxRefreshPause)
	}
	s.refreshFrom = time.Now().Add(pause)
}
