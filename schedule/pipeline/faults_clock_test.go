package pipeline

import (
	"testing"
	"time"

	"rollcall/sources/simulate"
)

// The database's clock is set back by a day and more, between two runs and while
// one is running: a run's instant is later than all before it on the connection,
// and none ends before it began. What is in the database is moved into the
// future, which to a run is the same as a clock that went back.
func TestFaultsAClockSetBack(t *testing.T) {
	t.Parallel()
	const back = 26 * time.Hour
	for name, midway := range map[string]bool{"between two runs": false, "in a run": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := aDay(t)
			gone, _ := d.n.world.Get("a10")
			if midway {
				gate := atThe(d.n)
				last, done := d.last(), d.background()
				<-gate.Reached()
				d.age(-back)
				gate.Open()
				d.judge(last, <-done)
				d.n.set("PAGE_SIZE", "15")
			} else {
				d.age(-back)
			}
			for day := range 3 {
				d.n.world.Update("a11", func(a *simulate.Account) { a.Name += " and on" })
				if day%2 == 0 {
					d.n.world.Remove("a10")
				} else {
					d.n.world.Put(gone)
				}
				last := d.last()
				result := d.run(t.Context(), acme)
				if status := d.judge(last, result); status != "succeeded" || !result.Changed() {
					t.Errorf("a run after the clock was set back ended %q, error %v", status, result.Err)
				}
				d.check()
			}
			var ahead bool
			if d.get(&ahead, `SELECT max(valid_from) > now() + interval '25 hours' FROM directory.account_history`); !ahead {
				t.Error("the clock was not set back")
			}
		})
	}
}
