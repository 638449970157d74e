package pipeline

import (
	"testing"
	"time"

	"rollcall/sink/embedded"
	"rollcall/sink/sinktest"
	"rollcall/sink/sinktest/proxy"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

// A crash of the server empties the staging table, and with it what the
// checkpoint counts: the listing starts over.
func TestACrashOfPostgresVoidsACheckpoint(t *testing.T) {
	t.Parallel()
	server := sinktest.Server(t)
	r, f := rigAt(t, server.URL()).withFake()
	b := &book{}
	for page := range 4 {
		b.pages = append(b.pages, []sources.Record{dated(string(rune('a'+page)), "new", page+1)})
	}
	f.from = b.from
	r.mustBreak(b, 3)
	r.crash(server)
	r.mustSync("succeeded", backfill)
	if b.last() != "" || len(r.directory()) != 4 {
		t.Errorf("the listing began with %q and brought %d accounts, want all 4 from the beginning", b.last(), len(r.directory()))
	}
}

// crash takes the server down at once, as pg_ctl -m immediate does, and brings it
// back.
func (r *rig) crash(server *embedded.Server) {
	if err := server.Shutdown(embedded.Immediate); err != nil {
		r.t.Error(err)
	}
	if err := server.Up(r.t.Context()); err != nil {
		r.t.Error(err)
	}
	for tries := 0; r.db.Ping() != nil && tries < 20; tries++ { // sessions of before the crash
		continue
	}
}

// Postgres crashes at each stage of a run. What it had not committed it has not,
// nothing else is lost, and the next run needs no repair.
func TestFaultsPostgresCrashes(t *testing.T) {
	t.Parallel()
	server := sinktest.Server(t)
	base := rigAt(t, server.URL())
	for _, test := range []struct {
		name   string
		at     proxy.Moment
		status string
	}{
		{"in the middle of a COPY", proxy.CopyData(2), "failed"},
		{"before what was copied is committed", proxy.Commit(theStaging), "failed"},
		{"as the applying transaction begins", proxy.Runs(theFence), "failed"},
		{"in the applying transaction", proxy.Runs(theInsert), "failed"},
		{"before the commit", proxy.Commit(theInsert), "failed"},
		{"after the commit", proxy.Says("pg_advisory_unlock"), "succeeded"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := base.fresh(t).aDay()
			d.suffers(test.at, 0, proxy.Call("crash", func() { d.crash(server) }), test.status)
		})
	}
}

// And at random ones, of a sync, a backfill or a plan.
func TestFaultsPostgresCrashesAtRandom(t *testing.T) {
	t.Parallel()
	server := sinktest.Server(t)
	s := newRandom(t, rigAt(t, server.URL()), 1)
	crash := kind{false, fixed(proxy.Call("crash", func() { s.crash(server) }))}
	crashes := proxy.HowMany(t, 3, 30)
	for range crashes {
		s.round(crash)
		s.finish()
	}
	if n := s.sum["postgres: crash"]; n < (crashes+1)/2 {
		t.Errorf("in %d runs Postgres crashed %d times", crashes, n)
	}
}

// The simulated providers' windows: Agendize filters by itself, the others do
// not at all.
func TestWindowsOfProviders(t *testing.T) {
	for _, provider := range []string{"signalwire", "agendize", "audian", "kazoo"} {
		t.Run(provider, func(t *testing.T) {
			t.Parallel()
			accounts := []simulate.Account{{ID: root, Name: "root", Status: simulate.Active, Created: january.AddDate(-1, 0, 0)}}
			for day := range 20 {
				accounts = append(accounts, simulate.Account{
					ID: string(rune('a' + day)), Parent: root, Name: "day", Status: simulate.Active, Created: january.AddDate(0, 0, day),
				})
			}
			r, _ := rigOf(t, provider, accounts...)
			window := sources.Window{Since: january.AddDate(0, 0, 5), Until: january.AddDate(0, 0, 8)}
			result := r.mustSync("succeeded", backfill, func(o *Options) { o.Window = window })
			var ids []string
			r.list(&ids, `SELECT external_id FROM directory.live_accounts ORDER BY 1`)
			if diff := difference([]string{"f", "g", "h"}, ids); diff != "" || result.Fetched != 3 {
				t.Errorf("fetched %d; accounts (-want +got):\n%s", result.Fetched, diff)
			}
			none := r.mustSync("succeeded", backfill, func(o *Options) {
				o.Window = sources.Window{Until: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)}
			})
			if none.Changed() || none.Fetched != 0 {
				t.Errorf("a window in which nothing was created: %+v", none.Counts)
			}
			r.mustSync("succeeded")
			if len(r.directory()) < 20 {
				t.Errorf("%d accounts after the windows and a sync", len(r.directory()))
			}
		})
	}
}
