package schedule_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rollcall/sources/simulate"
)

// run runs the built program with that environment and DATABASE_URL.
func (w *benchWorld) run(b *testing.B, env []string, args ...string) pass {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), w.program, args...)
	cmd.Env = append([]string{"DATABASE_URL=" + w.url, "LOG_LEVEL=warn"}, env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	peak := watchMemory(cmd.Process.Pid)
	err := cmd.Wait()
	p := pass{took: time.Since(began), peak: peak()}
	if err != nil {
		b.Fatalf("%v\n%.2000s", err, &out)
	}
	return p
}

// BenchmarkConnections syncs 1,000 connections of 100 accounts in one process,
// the second time with nothing changed, and reports what that costs Postgres.
func BenchmarkConnections(b *testing.B) {
	const connections, accounts = 1000, 100
	for b.Loop() {
		w := newBenchWorld(b, accounts)
		var names []string
		var env []string
		for i := range connections {
			names = append(names, fmt.Sprintf("c%d:signalwire", i))
			prefix := fmt.Sprintf("C%d_", i)
			env = append(env, prefix+"BASE_URL="+w.server.URL, prefix+"PROJECT_ID=p", prefix+"API_TOKEN="+benchToken)
		}
		env = append(env, "ROLLCALL_SOURCES="+strings.Join(names, ","))
		w.run(b, env, "sync")
		w.exec(b, `VACUUM (ANALYZE) directory.accounts`)
		const active = `SELECT active_time FROM pg_stat_database WHERE datname = current_database()`
		var before, after float64 // milliseconds that sessions spent on statements
		w.get(b, &before, active)
		p := w.run(b, env, "sync")
		w.get(b, &after, active)
		b.ReportMetric(p.took.Seconds(), "s/sync")
		b.ReportMetric((after-before)/connections, "pg-ms/run")
		b.ReportMetric(float64(p.peak)/(1<<20), "peak-MiB")
	}
}

// BenchmarkKazooDetails reads 20,000 descendants whose details take a request
// each, 20 ms away; the limit is requests × latency ÷ concurrency.
func BenchmarkKazooDetails(b *testing.B) {
	const accounts, latency, concurrency = 20_000, 20 * time.Millisecond, 16
	for b.Loop() {
		w := newBenchWorld(b, 1)
		lazy := &simulate.Lazy{N: accounts, OneTree: true}
		server := simulate.Run(b, &simulate.Kazoo{Accounts: lazy, Root: lazy.ID(0), APIKey: "bench-key"})
		server.On(simulate.Any).Do(simulate.Latency(latency))
		env := []string{
			"ROLLCALL_SOURCES=k:kazoo", "K_BASE_URL=" + server.URL + "/v2", "K_ACCOUNT_ID=" + lazy.ID(0),
			"K_API_KEY=bench-key", fmt.Sprintf("K_CONCURRENCY=%d", concurrency),
		}
		p := w.run(b, env, "sync")
		limit := time.Duration(accounts) * latency / concurrency
		b.ReportMetric(p.took.Seconds(), "s/sync")
		b.ReportMetric(p.took.Seconds()/limit.Seconds(), "ratio")
		b.ReportMetric(float64(p.peak)/(1<<20), "peak-MiB")
	}
}

// BenchmarkAgendizeBody reads accounts that come in one body, a million of them
// unless ROLLCALL_BENCH_ACCOUNTS says otherwise, and reports the memory.
func BenchmarkAgendizeBody(b *testing.B) {
	for b.Loop() {
		w := newBenchWorld(b, 1)
		lazy := &simulate.Lazy{N: benchAccounts(1_000_000)}
		server := simulate.Run(b, &simulate.Agendize{Accounts: lazy, APIKey: "bench-key", Token: benchToken})
		env := []string{"ROLLCALL_SOURCES=a:agendize", "A_BASE_URL=" + server.URL, "A_API_KEY=bench-key", "A_TOKEN=" + benchToken}
		for _, name := range []string{"first", "unchanged"} {
			p := w.run(b, env, "sync")
			b.ReportMetric(p.took.Seconds(), "s/"+name)
			b.ReportMetric(float64(p.peak)/(1<<20), "peak-MiB/"+name)
		}
	}
}
