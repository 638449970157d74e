package schedule

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/sethvargo/go-envconfig"

	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources"
	"rollcall/sources/signalwire"
	"rollcall/sources/simulate"
)

func TestScale(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("SCALE"))
	if n == 0 {
		return
	}
	hook := func(k int, a *simulate.Account) {}
	lazy := &simulate.Lazy{N: n, UUID: true, Hook: func(k int, a *simulate.Account) { hook(k, a) }}
	cache := simulate.CachePages(&simulate.SignalWire{Accounts: lazy, Project: "p", Token: "tttttttt"}, 4<<30)
	srv := simulate.Run(t, cache)
	env := map[string]string{"ROLLCALL_SOURCES": "sw:signalwire", "SW_BASE_URL": srv.URL, "SW_PROJECT_ID": "p", "SW_API_TOKEN": "tttttttt"}
	db, err := sink.Open(t.Context(), sinktest.URL(t), 8)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := sink.Migrate(t.Context(), db, "directory_reader"); err != nil {
		t.Fatal(err)
	}
	providers := []sources.Provider{sources.Define("signalwire", signalwire.New)}
	conns, _, err := sources.Configure(t.Context(), providers, envconfig.MapLookuper(env), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	r := &Runner{DB: db, Log: log, Parallel: 4, Open: func(c sources.Configured, l *slog.Logger) (sources.Source, error) { return c.Open("rollcall", l, nil) }}
	run := func(what string) {
		began := time.Now()
		res := r.Sync(t.Context(), conns, Options{Trigger: Manual})
		fmt.Println(what, time.Since(began), fmt.Sprintf("%+v", res[0].Counts), res[0].Err)
	}
	warm := func() {
		began := time.Now()
		o, _ := conns[0].Open("x", log, nil)
		c := 0
		for p, err := range o.List(t.Context(), sources.Window{}, "") {
			if err != nil {
				t.Fatal(err)
			}
			c += len(p.Records)
		}
		o.Close()
		fmt.Println("list only", c, time.Since(began))
	}
	warm()
	warm()
	run("first")
	run("none")
	run("none")
	hook = func(k int, a *simulate.Account) {
		if k%100 == 7 {
			a.Name += "x"
		}
	}
	cache.Reset()
	warm()
	run("1% renamed")
	run("none")
	_ = os.Stdout
}
