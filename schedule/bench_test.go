package schedule_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sink/sinktest"
	"rollcall/sources/simulate"
)

// BenchmarkDirectory runs the rollcall program as its users do, against a
// simulated SignalWire, and reports each pass as a ratio to a limit that is
// measured right beside it: a bare COPY of the same rows into a table like
// accounts with all its indexes, or fetching the same pages one after another
// and decoding them with encoding/json. ROLLCALL_BENCH_ACCOUNTS sizes it.
//
//	go test -run '^$' -bench Directory -benchtime 1x ./schedule
func BenchmarkDirectory(b *testing.B) {
	n := 100_000
	if text := os.Getenv("ROLLCALL_BENCH_ACCOUNTS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	for b.Loop() {
		w := newBenchWorld(b, n)
		w.table(b)
	}
}

// benchWorld is a simulated SignalWire, a database and the built program.
type benchWorld struct {
	n       int
	hook    func(k int, a *simulate.Account)
	pages   *simulate.Cache
	server  *simulate.Server
	url     string
	db      *sqlx.DB
	program string
}

const benchToken = "bench-token"

func newBenchWorld(b *testing.B, n int) *benchWorld {
	w := &benchWorld{n: n, url: sinktest.URL(b), program: filepath.Join(b.TempDir(), "rollcall")}
	lazy := &simulate.Lazy{N: n, UUID: true, Hook: func(k int, a *simulate.Account) {
		if w.hook != nil {
			w.hook(k, a)
		}
	}}
	w.pages = simulate.CachePages(&simulate.SignalWire{Accounts: lazy, Project: "p", Token: benchToken}, 8<<30)
	w.server = simulate.Run(b, w.pages)
	if out, err := exec.Command("go", "build", "-o", w.program, "rollcall/cmd/rollcall").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	db, err := sink.Open(b.Context(), w.url, 2)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	w.db = db
	if err := sink.Migrate(b.Context(), db, "directory_reader"); err != nil {
		b.Fatal(err)
	}
	return w
}

// pass is what one run of the program took.
type pass struct {
	took time.Duration
	peak int64 // resident bytes
	wal  int64 // bytes
}

// sync runs `rollcall sync` and measures it from outside.
func (w *benchWorld) sync(b *testing.B) pass {
	var before, after string
	w.get(b, &before, `SELECT pg_current_wal_lsn()`)
	cmd := exec.CommandContext(b.Context(), w.program, "sync")
	cmd.Env = []string{
		"DATABASE_URL=" + w.url, "ROLLCALL_SOURCES=sw:signalwire", "LOG_LEVEL=warn", "HOME=" + os.Getenv("HOME"),
		"SW_BASE_URL=" + w.server.URL, "SW_PROJECT_ID=p", "SW_API_TOKEN=" + benchToken,
	}
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
		b.Fatalf("%v\n%s", err, &out)
	}
	w.get(b, &after, `SELECT pg_current_wal_lsn()`)
	w.get(b, &p.wal, `SELECT ($1::pg_lsn - $2::pg_lsn)::bigint`, after, before)
	return p
}

// watchMemory follows the most memory that a process has had resident, in
// bytes. Its rusage would tell that of this process, which it began as.
func watchMemory(pid int) (peak func() int64) {
	var most int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			for line := range strings.Lines(string(status)) {
				if kib, ok := strings.CutPrefix(line, "VmHWM:"); ok {
					n, _ := strconv.ParseInt(strings.Fields(kib)[0], 10, 64)
					most = max(most, n<<10)
				}
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-stopped
		return most
	}
}

func (w *benchWorld) get(b *testing.B, to any, query string, args ...any) {
	b.Helper()
	if err := w.db.GetContext(b.Context(), to, query, args...); err != nil {
		b.Fatal(err)
	}
}

func (w *benchWorld) exec(b *testing.B, query string) time.Duration {
	b.Helper()
	began := time.Now()
	if _, err := w.db.ExecContext(b.Context(), query); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// copyLimit is a bare COPY, by the server from a file of its own, of the rows
// that are in accounts into a logged table with all of its indexes.
func (w *benchWorld) copyLimit(b *testing.B) time.Duration {
	var dir string
	w.get(b, &dir, `SHOW data_directory`)
	file := filepath.Join(dir, "bench.copy")
	w.exec(b, `COPY directory.accounts TO '`+file+`'`)
	w.exec(b, `CREATE TABLE IF NOT EXISTS public.bench (LIKE directory.accounts INCLUDING ALL)`)
	w.exec(b, `TRUNCATE public.bench`)
	w.exec(b, `CHECKPOINT`)
	took := w.exec(b, `COPY public.bench FROM '`+file+`'`)
	w.exec(b, `DROP TABLE public.bench`)
	_ = os.Remove(file)
	return took
}

// decodeLimit fetches all pages one after another and decodes them into values
// that are thrown away.
func (w *benchWorld) decodeLimit(b *testing.B) time.Duration {
	began := time.Now()
	ref := w.server.URL + "/api/laml/2010-04-01/Accounts?PageSize=1000"
	for ref != "" {
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, ref, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.SetBasicAuth("p", benchToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		var page struct {
			Accounts []map[string]any `json:"accounts"`
			Next     *string          `json:"next_page_uri"`
		}
		err = json.NewDecoder(res.Body).Decode(&page)
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if err != nil {
			b.Fatal(err)
		}
		ref = ""
		if page.Next != nil {
			ref = w.server.URL + *page.Next
		}
	}
	return time.Since(began)
}

// change lets the accounts of every hundredth place change as hook says.
func (w *benchWorld) change(hook func(k int, a *simulate.Account)) {
	w.hook = hook
	w.pages.Reset()
}

func (w *benchWorld) table(b *testing.B) {
	w.decodeLimit(b) // the pages are made
	lines := []string{fmt.Sprintf("%-28s %9s %12s %9s %7s %9s %9s", fmt.Sprintf("%d accounts", w.n), "seconds", "limit", "seconds", "ratio", "peak MiB", "WAL MB")}
	row := func(name string, p pass, limit string, took time.Duration) {
		lines = append(lines, fmt.Sprintf("%-28s %9.2f %12s %9.2f %7.2f %9.1f %9.2f",
			name, p.took.Seconds(), limit, took.Seconds(), p.took.Seconds()/took.Seconds(), float64(p.peak)/(1<<20), float64(p.wal)/1e6))
		b.ReportMetric(p.took.Seconds()/took.Seconds(), strings.ReplaceAll(name, " ", "-")+"/limit")
	}
	first := w.sync(b)
	row("first load", first, "bare COPY", w.copyLimit(b))
	w.exec(b, `VACUUM directory.accounts`) // as autovacuum will have done by the next run
	w.exec(b, `CHECKPOINT`)
	row("nothing changed", w.sync(b), "json decode", w.decodeLimit(b))
	w.change(func(k int, a *simulate.Account) {
		if k%100 == 7 {
			a.Name += " (renamed)"
		}
	})
	w.decodeLimit(b) // the pages are made again
	limit := w.decodeLimit(b)
	row("1 % renamed", w.sync(b), "json decode", limit)
	b.Log("\n" + strings.Join(lines, "\n"))
}
