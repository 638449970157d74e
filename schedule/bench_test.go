package schedule_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
// measured right before or after it: psql's \copy of the same rows into a table like accounts
// with all its indexes, or fetching the same pages one after another
// and decoding them with encoding/json. ROLLCALL_BENCH_ACCOUNTS sizes it.
//
//	go test -run '^$' -bench Directory -benchtime 1x ./schedule
func BenchmarkDirectory(b *testing.B) {
	for b.Loop() {
		newBenchWorld(b, benchAccounts(100_000)).table(b)
	}
}

// benchAccounts is how many accounts a benchmark has.
func benchAccounts(standard int) int {
	if n, err := strconv.Atoi(os.Getenv("ROLLCALL_BENCH_ACCOUNTS")); err == nil {
		return n
	}
	return standard
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
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(b.Context()); err != nil {
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
	p := w.run(b, []string{"ROLLCALL_SOURCES=sw:signalwire", "SW_BASE_URL=" + w.server.URL, "SW_PROJECT_ID=p", "SW_API_TOKEN=" + benchToken}, "sync")
	w.get(b, &after, `SELECT pg_current_wal_lsn()`)
	w.get(b, &p.wal, `SELECT ($1::pg_lsn - $2::pg_lsn)::bigint`, after, before)
	return p
}

// watchMemory follows the most memory that a process has had resident, in
// bytes. Its rusage includes that of this process, which it was forked from.
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

// copyLimit is psql's bare \copy, from a file, of the rows that are in accounts
// into a logged table with all of its indexes.
func (w *benchWorld) copyLimit(b *testing.B) time.Duration {
	b.Helper()
	var dir string
	w.get(b, &dir, `SHOW data_directory`)
	file := filepath.Join(dir, "bench.copy")
	w.exec(b, `COPY directory.accounts TO '`+file+`'`)
	w.exec(b, `CREATE TABLE IF NOT EXISTS public.bench (LIKE directory.accounts INCLUDING ALL)`)
	w.exec(b, `TRUNCATE public.bench`)
	w.exec(b, `CHECKPOINT`)
	began := time.Now()
	if out, err := exec.CommandContext(b.Context(), "psql", "-qX", w.url, "-c", `\copy public.bench FROM '`+file+`'`).CombinedOutput(); err != nil {
		b.Fatalf("psql: %v\n%s", err, out)
	}
	took := time.Since(began)
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

// base puts a tenth of all accounts below the first one, and a thousand below
// the one in the middle.
func (w *benchWorld) base(k int, a *simulate.Account) {
	switch middle := w.n / 2; {
	case k > 0 && k < w.n/10:
		a.Parent = simulate.UUID(0)
	case k > middle && k <= middle+1000:
		a.Parent = simulate.UUID(uint64(middle))
	}
}

func (w *benchWorld) table(b *testing.B) {
	w.hook = w.base
	w.decodeLimit(b) // the pages are made
	lines := []string{fmt.Sprintf("%-28s %8s %12s %8s %6s %9s %8s", fmt.Sprintf("%d accounts", w.n), "seconds", "limit", "seconds", "ratio", "peak MiB", "WAL MB")}
	row := func(name string, p pass, limit string, took time.Duration) {
		ratio := p.took.Seconds() / took.Seconds()
		lines = append(lines, fmt.Sprintf("%-28s %8.2f %12s %8.2f %6.2f %9.1f %8.2f",
			name, p.took.Seconds(), limit, took.Seconds(), ratio, float64(p.peak)/(1<<20), float64(p.wal)/1e6))
		b.ReportMetric(ratio, strings.ReplaceAll(name, " ", "-")+"/limit")
	}
	first := w.sync(b)
	row("first load", first, `\copy`, w.copyLimit(b))
	w.settle(b)
	var loaded time.Time
	w.get(b, &loaded, `SELECT max(finished_at) FROM directory.runs`)
	row("nothing changed", w.sync(b), "json decode", w.decodeLimit(b))
	for _, c := range []struct {
		name string
		hook func(k int, a *simulate.Account)
	}{
		{"1 % renamed", func(k int, a *simulate.Account) {
			if k%100 == 7 {
				a.Name += " (renamed)"
			}
		}},
		{"1 % moved", func(k int, a *simulate.Account) {
			if k%100 == 7 {
				a.Parent = simulate.UUID(uint64((k + 10) / 5 * 5 % w.n))
			}
		}},
		{"a subtree of 10 % moved", func(k int, a *simulate.Account) {
			if k == 0 {
				a.Parent = simulate.UUID(uint64(w.n/10/5*5 + 5))
			}
		}},
	} {
		w.change(func(k int, a *simulate.Account) {
			w.base(k, a)
			c.hook(k, a)
		})
		w.decodeLimit(b) // the pages are made again
		limit := w.decodeLimit(b)
		row(c.name, w.sync(b), "json decode", limit)
		w.change(w.base)
		w.decodeLimit(b)
		w.sync(b) // all is as it was
		w.settle(b)
	}
	fmt.Println("\n" + strings.Join(append(lines, w.queries(b, loaded)...), "\n")) // b.Log cuts what is long
}

// settle leaves the database as autovacuum will have by the next run.
func (w *benchWorld) settle(b *testing.B) {
	w.exec(b, `VACUUM (ANALYZE) directory.accounts`)
	w.exec(b, `CHECKPOINT`)
}

// queries are what analysts ask most, in milliseconds: the median of several.
// loaded is when the first load ended.
func (w *benchWorld) queries(b *testing.B, loaded time.Time) []string {
	lines := []string{fmt.Sprintf("%-44s %8s", "query", "ms")}
	for _, q := range []struct{ name, text string }{
		{"one account by its external id", `SELECT * FROM directory.accounts WHERE source = 'sw' AND external_id = '` + simulate.UUID(uint64(w.n/2)) + `'`},
		{"its history", `SELECT * FROM directory.account_history WHERE source = 'sw' AND external_id = '` + simulate.UUID(107) + `'`},
		{"a subtree of 1,000", `SELECT d.* FROM directory.accounts a, directory.descendants(a.id) d WHERE a.source = 'sw' AND a.external_id = '` + simulate.UUID(uint64(w.n/2)) + `'`},
		{"all changes since the first load", `SELECT * FROM directory.changes('` + loaded.Format(time.RFC3339Nano) + `', now())`},
		{"those of the last run", `SELECT c.* FROM (SELECT max(started_at) AS began FROM directory.runs) r, directory.changes(r.began, now()) c`},
		{"1,000 closed ones of a source", `SELECT id, name FROM directory.live_accounts WHERE source = 'sw' AND status = 'closed' LIMIT 1000`},
	} {
		var took []time.Duration
		for range 7 {
			took = append(took, w.exec(b, q.text))
		}
		slices.Sort(took)
		lines = append(lines, fmt.Sprintf("%-44s %8.2f", q.name, float64(took[len(took)/2].Microseconds())/1000))
	}
	return lines
}
