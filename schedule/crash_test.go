package schedule

import (
	"testing"
	"time"

	"rollcall/sink"
	"rollcall/sink/embedded"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/simulate"
)

// A crash of the server empties the staging table, and with it what the
// checkpoint tells of: the listing begins anew.
func TestACrashOfPostgresVoidsACheckpoint(t *testing.T) {
	t.Parallel()
	server := sinktest.Server(t)
	db, err := sink.Open(t.Context(), server.URL(), 8)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := sink.Migrate(t.Context(), db, "directory_reader"); err != nil {
		t.Fatal(err)
	}
	r, f := (&rig{db: db}).fresh(t).withFake()
	b := &book{}
	for page := range 4 {
		b.pages = append(b.pages, []sources.Record{dated(string(rune('a'+page)), "new", page+1)})
	}
	f.from = b.from
	r.mustBreak(b, 3)
	if err := server.Shutdown(embedded.Immediate); err != nil {
		t.Fatal(err)
	}
	if err := server.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	for tries := 0; db.Ping() != nil && tries < 20; tries++ { // sessions of before the crash
		continue
	}
	r.mustSync("succeeded", backfill)
	if b.last() != "" || len(r.directory()) != 4 {
		t.Errorf("the listing began with %q and brought %d accounts, want all 4 from the beginning", b.last(), len(r.directory()))
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
