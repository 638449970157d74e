package reader_test

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
	"rollcall/sink/reader"
)

var (
	//go:embed testdata/bench_setup.sql
	benchSetup string
	//go:embed testdata/bench_versions.sql
	benchVersions string
	//go:embed testdata/bench_fill.sql
	benchFill string
)

// BenchmarkQuestions asks what analysts ask most of a directory with five
// versions an account, spread over two years, and prints the medians.
// ROLLCALL_BENCH_ACCOUNTS sizes it. As a million take minutes to make, an empty
// database that ROLLCALL_BENCH_URL names is filled and kept, for the next time.
//
//	go test -run '^$' -bench Questions -benchtime 1x ./sink/reader
func BenchmarkQuestions(b *testing.B) {
	db := benchDirectory(b, benchAccounts(100_000))
	db.SetMaxOpenConns(1) // one session, as an analyst's
	var n, versions int
	get(b, db, &n, `SELECT count(*) FROM directory.accounts`)
	get(b, db, &versions, `SELECT $1 + count(*) FROM directory_internal.account_version`, n)
	for b.Loop() {
		lines := []string{fmt.Sprintf("%-58s %10s %10s", fmt.Sprintf("%d accounts, %d versions", n, versions), "median ms", "rows")}
		for _, q := range benchQuestions(n) {
			took, rows := median(b, db, q)
			lines = append(lines, fmt.Sprintf("%-58s %10.2f %10d", q.name, took.Seconds()*1000, rows))
			if q.short != "" {
				b.ReportMetric(took.Seconds()*1000, q.short+"-ms")
			}
		}
		fmt.Println("\n" + strings.Join(lines, "\n")) // b.Log cuts what is long
	}
}

// A benchQuestion is asked several times, as an analyst's session asks it.
type benchQuestion struct {
	name, short string
	times       int
	text        string
	args        []any
	query       *reader.Query // instead of the text
	all         bool          // it cannot but read everything
}

func benchQuestions(n int) []benchQuestion {
	tree := n / 2 / 1000 * 1000 // the account at the top of the tree in the middle is tree + 1
	const often, seldom = 15, 3
	search := func(fragment string) *reader.Query {
		q := reader.Accounts(reader.Filter{Search: fragment}).Limited(50)
		return &q
	}
	return []benchQuestion{
		{name: "an account's history, by id", short: "history", times: often, text: `SELECT * FROM directory.account_history WHERE account_id = $1`, args: []any{tree + 15}},
		{name: "… by source and external id", times: often, text: `SELECT h.* FROM directory.accounts a
			JOIN directory.account_history h ON h.source = a.source AND h.external_id = a.external_id WHERE a.id = $1`, args: []any{tree + 15}},
		{name: "… of ten accounts, joined by id", short: "history-joined", times: often, text: `SELECT h.* FROM directory.account_history h
			JOIN (SELECT id FROM directory.live_accounts WHERE parent_id = $1) a ON a.id = h.account_id`, args: []any{tree + 15}},
		{name: "what one run made", times: often, text: `SELECT * FROM directory.account_history WHERE run_id = (SELECT max(id) / 2 FROM directory.runs)`},
		{name: "a subtree of 1,000 now", short: "descendants", times: often, text: `SELECT * FROM directory.descendants($1)`, args: []any{tree + 1}},
		{name: "all above an account", times: often, text: `SELECT * FROM directory.ancestors($1)`, args: []any{tree + 999}},
		{name: "a subtree of 1,000 as of last year", short: "tree-as-of", times: often, text: `SELECT * FROM directory.tree_as_of($1, now() - interval '1 year')`, args: []any{tree + 1}},
		{name: "a day of changes", short: "changes", times: often, text: `SELECT * FROM directory.changes(date_trunc('day', now()) - interval '101 days', date_trunc('day', now()) - interval '100 days')`},
		{name: "live accounts of a source in a state", short: "live", times: often, text: `SELECT * FROM directory.live_accounts WHERE source = 'clients' AND status = 'closed'`},
		{name: "live accounts of each source in each state, counted", short: "counted", times: often, text: `SELECT source, status, count(*) FROM directory.live_accounts GROUP BY source, status`},
		{name: "how each source is", times: often, text: `SELECT * FROM directory.source_health`},
		{name: "rollcall accounts --search, found once", short: "search", times: seldom, query: search(fmt.Sprintf("office%d@", n/3)), all: true},
		{name: "rollcall accounts --search, found often", times: seldom, query: search("plumbing"), all: true},
		{name: "all live accounts now", short: "all-now", times: seldom, text: `SELECT * FROM directory.live_accounts`, all: true},
		{name: "all live accounts as of last year", short: "all-as-of", times: seldom, text: `SELECT * FROM directory.accounts_as_of(now() - interval '1 year')`, all: true},
		{name: "all live accounts as of yesterday", times: seldom, text: `SELECT * FROM directory.accounts_as_of(now() - interval '1 day')`, all: true},
	}
}

// median asks q and reads its answer to the end, once to warm up.
func median(b *testing.B, db *sqlx.DB, q benchQuestion) (_ time.Duration, rows int64) {
	b.Helper()
	var took []time.Duration
	var err error
	for range q.times + 1 {
		began := time.Now()
		if rows, err = q.ask(b.Context(), db); err != nil {
			b.Fatalf("%s: %v", q.name, err)
		}
		took = append(took, time.Since(began))
	}
	took = took[1:]
	slices.Sort(took)
	return took[len(took)/2], rows
}

func (q benchQuestion) ask(ctx context.Context, db *sqlx.DB) (int64, error) {
	if q.query != nil {
		var n rowCount
		err := reader.Read(ctx, db, *q.query, &n)
		return int64(n), err
	}
	res, err := db.ExecContext(ctx, q.text, q.args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// rowCount is a Receiver that only counts.
type rowCount int64

// Columns takes nothing.
func (*rowCount) Columns([]string) error { return nil }

// Row counts a row.
func (n *rowCount) Row([]any) error { *n++; return nil }

// benchAccounts is how many accounts a benchmark has.
func benchAccounts(standard int) int {
	if n, err := strconv.Atoi(os.Getenv("ROLLCALL_BENCH_ACCOUNTS")); err == nil {
		return n
	}
	return standard
}

// benchDirectory is a directory of n accounts, or the one that was kept.
func benchDirectory(b *testing.B, n int) *sqlx.DB {
	b.Helper()
	url := os.Getenv("ROLLCALL_BENCH_URL")
	if url == "" {
		return filled(b, n)
	}
	db := sqlx.MustConnect("postgres", url)
	b.Cleanup(func() { _ = db.Close() })
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	var there bool
	if get(b, db, &there, `SELECT EXISTS (SELECT FROM directory.accounts)`); !there {
		fill(b, db, n)
	}
	return db
}

// filled is a directory of n accounts with their history.
func filled(t testing.TB, n int) *sqlx.DB {
	t.Helper()
	db := empty(t)
	fill(t, db, n)
	return db
}

// fill makes the accounts and their history by set.
func fill(t testing.TB, db *sqlx.DB, n int) {
	t.Helper()
	must(t, db, benchSetup)
	must(t, db, benchVersions, n)
	must(t, db, benchFill)
	must(t, db, `VACUUM ANALYZE`)
}

func get(b *testing.B, db *sqlx.DB, to any, query string, args ...any) {
	b.Helper()
	if err := db.Get(to, query, args...); err != nil {
		b.Fatal(err)
	}
}
