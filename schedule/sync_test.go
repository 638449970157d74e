package schedule

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sethvargo/go-envconfig"

	"rollcall/schedule/pipeline"
	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/env"
	"rollcall/sources/signalwire"
	"rollcall/sources/simulate"
)

// A connection that fails disturbs no other, and results come in the order of the
// connections.
func TestAFailingConnectionDisturbsNoOther(t *testing.T) {
	t.Parallel()
	db, err := sink.Open(t.Context(), sinktest.URL(t), 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	world := simulate.NewWorld(simulate.Account{ID: "a", Name: "A"}, simulate.Account{ID: "b", Name: "B", Parent: "a"})
	server := simulate.Run(t, &simulate.SignalWire{Accounts: world, Project: "p", Token: "right-token"})
	vars := envconfig.MapLookuper(map[string]string{
		"ROLLCALL_SOURCES": "first:signalwire,refused:signalwire,last:signalwire",
		"FIRST_BASE_URL":   server.URL, "FIRST_PROJECT_ID": "p", "FIRST_API_TOKEN": "right-token",
		"REFUSED_BASE_URL": server.URL, "REFUSED_PROJECT_ID": "p", "REFUSED_API_TOKEN": "wrong-token",
		"LAST_BASE_URL": server.URL, "LAST_PROJECT_ID": "p", "LAST_API_TOKEN": "right-token",
	})
	connections, _, err := env.Configure(t.Context(), []sources.Provider{sources.Define("signalwire", signalwire.New)}, vars, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Parallel: 3, Runner: pipeline.Runner{
		DB: db, Log: slog.New(slog.DiscardHandler),
		Open: func(_ context.Context, c sources.Configured, log *slog.Logger, arrived func(kind, id string)) (sources.Source, error) {
			return c.Open("rollcall test", log, nil, arrived)
		},
	}}
	type end struct {
		Source, Status string
		Created        int64
		Failed         bool
	}
	var got []end
	for _, result := range r.Sync(t.Context(), connections, pipeline.Options{Kind: pipeline.Scheduled}) {
		got = append(got, end{result.Source, result.Status, result.Created, result.Err != nil})
	}
	want := []end{{"first", "succeeded", 2, false}, {"refused", "failed", 0, true}, {"last", "succeeded", 2, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("how the runs ended (-want +got):\n%s", diff)
	}
}
