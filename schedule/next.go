package schedule

import (
	"context"
	"time"

	"rollcall/sink"
)

// Next returns the next tick of each connection, by the database's clock. It needs
// Init and the Runner's database.
func (c *Cron) Next(ctx context.Context) (map[string]time.Time, error) {
	ticks, err := sink.Timetable{DB: sink.ControlPool(c.Runner.DB)}.Ticks(ctx, c.names)
	next := make(map[string]time.Time, len(ticks))
	for _, t := range ticks {
		s := c.scheduled[t.Source]
		if t.Claimed == nil && s.when.Every == 0 {
			t.Claimed = &t.Now // a new connection waits for its first tick
		}
		next[t.Source] = s.next(t)
	}
	return next, err
}
