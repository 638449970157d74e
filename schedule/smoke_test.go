package schedule

import (
	"log/slog"
	"os"
	"testing"

	"github.com/sethvargo/go-envconfig"

	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/agendize"
	"rollcall/sources/audian"
	"rollcall/sources/backstack"
	"rollcall/sources/signalwire"
	"rollcall/sources/simulate"
)

func TestSmoke(t *testing.T) {
	fleet, err := simulate.Muster(400, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	url := sinktest.URL(t)
	db, err := sink.Open(t.Context(), url, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sink.Migrate(t.Context(), db, "directory_reader"); err != nil {
		t.Fatal(err)
	}
	providers := []sources.Provider{sources.Define("signalwire", signalwire.New), sources.Define("agendize", agendize.New), sources.Define("backstack", backstack.New), sources.Define("audian", audian.New)}
	conns, _, err := sources.Configure(t.Context(), providers, envconfig.MapLookuper(fleet.Env()), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	r := &Runner{DB: db, Log: log, Parallel: 4, Open: func(c sources.Configured, l *slog.Logger) (sources.Source, error) { return c.Open("rollcall", l, nil) }}
	r.Sync(t.Context(), conns, Options{Trigger: Manual})
	r.Sync(t.Context(), conns, Options{Trigger: Manual})
	fleet.Change(7, 0.1)
	r.Sync(t.Context(), conns, Options{Trigger: Manual})
	r.Sync(t.Context(), conns, Options{Trigger: Manual})
}
