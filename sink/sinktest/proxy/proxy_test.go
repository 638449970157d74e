package proxy_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink/sinktest"
	"rollcall/sink/sinktest/proxy"
)

func TestMain(m *testing.M) { sinktest.Main(m) }

// through opens a database by way of a proxy and directly.
func through(t *testing.T) (p *proxy.Proxy, db, direct *sqlx.DB) {
	t.Helper()
	url := sinktest.URL(t)
	direct = sqlx.MustConnect("postgres", url)
	t.Cleanup(func() { direct.Close() })
	direct.MustExec(`CREATE TABLE noted (n int)`)
	p, url = proxy.Postgres(t, url)
	db = sqlx.MustConnect("postgres", url+"&connect_timeout=1")
	t.Cleanup(func() { db.Close() })
	return p, db, direct
}

func noted(t *testing.T, db *sqlx.DB) (n int) {
	t.Helper()
	if err := db.Get(&n, `SELECT count(*) FROM noted`); err != nil {
		t.Fatal(err)
	}
	return n
}

// inTransaction writes one row and says what else became of it.
func inTransaction(t *testing.T, db *sqlx.DB) error {
	t.Helper()
	tx, err := db.Beginx()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO noted VALUES ($1)`, 1); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

func TestAFaultTakesPlaceAtItsMoment(t *testing.T) {
	for _, test := range []struct {
		name  string
		at    proxy.Moment
		skip  int
		do    proxy.Effect
		want  []int // rows after each of three transactions
		fails int   // which of them fails, from 1; 0 none
		never bool  // the moment does not come
	}{
		{"a statement is cut", proxy.Says("INTO noted"), 1, proxy.Cut(), []int{1, 1, 2}, 2, false},
		{"a statement is cut halfway", proxy.Says("INTO noted"), 0, proxy.CutHalfway(), []int{0, 1, 2}, 1, false},
		{"an answer is lost", proxy.Runs("INTO noted"), 1, proxy.LoseAnswer(), []int{1, 1, 2}, 2, false},
		{"a commit is cut", proxy.Commit("noted"), 1, proxy.Cut(), []int{1, 1, 2}, 2, false},
		{"a commit's answer is lost", proxy.Commit("noted"), 1, proxy.LoseAnswer(), []int{1, 2, 3}, 2, false},
		{"another transaction's commit is meant", proxy.Commit("elsewhere"), 0, proxy.Cut(), []int{1, 2, 3}, 0, true},
		{"a statement is late", proxy.Says("INTO noted"), 1, proxy.Delay(time.Millisecond), []int{1, 2, 3}, 0, false},
		{"a statement drips", proxy.Says("INTO noted"), 1, proxy.Drip(), []int{1, 2, 3}, 0, false},
		{"the server is away", proxy.Says("INTO noted"), 1, proxy.Away(1), []int{1, 1, 2}, 2, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, db, direct := through(t)
			fault := p.Inject(test.at, test.skip, test.do)
			for i, want := range test.want {
				err := inTransaction(t, db)
				for tries := 0; tries < 3 && err != nil && i+1 != test.fails; tries++ {
					err = inTransaction(t, db) // over a session that was refused, or cut while it was idle
				}
				if (err != nil) != (i+1 == test.fails) {
					t.Errorf("transaction %d: %v", i+1, err)
				}
				if got := noted(t, direct); got != want {
					t.Errorf("%d rows after transaction %d, want %d", got, i+1, want)
				}
			}
			if fault.TookPlace() == test.never || p.Fired()[test.do.Name] > 1 {
				t.Errorf("the fault took place: %v; %v", fault.TookPlace(), p.Fired())
			}
		})
	}
}

// A statement whose answer is lost was run all the same.
func TestALostAnswerIsOfAStatementThatWasRun(t *testing.T) {
	p, db, direct := through(t)
	lost := p.Inject(proxy.Runs("INTO noted"), 0, proxy.LoseAnswer())
	conn, err := db.Connx(t.Context()) // a pool would send it again
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(t.Context(), `INSERT INTO noted VALUES ($1)`, 1); err == nil || !lost.TookPlace() || noted(t, direct) != 1 {
		t.Errorf("it ended with %v, and %d rows are there", err, noted(t, direct))
	}
}

func TestACopyIsCutInItsMiddle(t *testing.T) {
	p, db, direct := through(t)
	second := p.Inject(proxy.CopyData(2), 0, proxy.Cut())
	conn, err := db.Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	err = conn.Raw(func(session any) error {
		if _, err := session.(driver.ConnBeginTx).BeginTx(t.Context(), driver.TxOptions{}); err != nil {
			return err
		}
		stmt, err := session.(driver.ConnPrepareContext).PrepareContext(t.Context(), `COPY noted FROM STDIN`)
		if err != nil {
			return err
		}
		rows := stmt.(interface {
			CopyData(ctx context.Context, line string) (driver.Result, error)
			Exec(end []driver.Value) (driver.Result, error)
		})
		for range 3 {
			if _, err := rows.CopyData(t.Context(), strings.TrimSuffix(strings.Repeat("1\n", 40_000), "\n")); err != nil {
				return errors.Join(err, driver.ErrBadConn)
			}
		}
		_, err = rows.Exec(nil)
		return err
	})
	if err == nil || !second.TookPlace() || noted(t, direct) != 0 {
		t.Errorf("the copy ended with %v and left %d rows", err, noted(t, direct))
	}
}

// Nothing comes out of a black hole until it is cut, and neither side learns
// that the other has gone.
func TestABlackHole(t *testing.T) {
	p, db, direct := through(t)
	hole := p.Inject(proxy.Says("INTO noted"), 0, proxy.BlackHole())
	ended := make(chan error, 1)
	go func() { ended <- inTransaction(t, db) }()
	<-hole.Fired()
	if n := noted(t, direct); n != 0 {
		t.Errorf("%d rows came through", n)
	}
	if err := inTransaction(t, db); err != nil {
		t.Errorf("over another session: %v", err)
	}
	sessions := `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`
	var open int
	if err := direct.Get(&open, sessions); err != nil || open != 1 {
		t.Errorf("%d sessions are open at the far end, want that of the hole: %v", open, err)
	}
	select {
	case err := <-ended:
		t.Errorf("the near end learnt of it: %v", err)
	default:
	}
	p.Clear()
	if err := <-ended; err == nil {
		t.Error("a statement that did not arrive was answered")
	}
}

// A partition swallows what all say, also over connections that come later.
func TestAPartition(t *testing.T) {
	p, db, direct := through(t)
	db.SetMaxIdleConns(0) // a session that waits for an answer does so for ever; a new one for a second
	parted := p.Inject(proxy.Says("INTO noted"), 0, proxy.Partition())
	ended := make(chan error, 1)
	go func() { ended <- inTransaction(t, db) }()
	<-parted.Fired()
	if err := db.Ping(); err == nil {
		t.Error("a new session was answered")
	}
	p.Clear()
	if err := <-ended; err == nil {
		t.Error("a session of before was answered")
	}
	if err := inTransaction(t, db); err != nil || noted(t, direct) != 1 {
		t.Errorf("after it: %v", err)
	}
}

func TestAnswersOfAProvider(t *testing.T) {
	page := strings.Repeat("x", 1<<20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }))
	defer server.Close()
	for _, test := range []struct {
		at   proxy.Moment
		do   proxy.Effect
		head bool // it arrives
		all  bool
	}{
		{proxy.Answer, proxy.Cut(), false, false},
		{proxy.Body, proxy.CutHalfway(), true, false},
		{proxy.Answer, proxy.Delay(time.Millisecond), true, true},
		{proxy.Body, proxy.Drip(), true, true},
		{proxy.Answer, proxy.BlackHole(), false, false},
	} {
		p, url := proxy.HTTP(t, server.URL)
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		fault := p.Inject(test.at, 1, test.do)
		for i := range 3 {
			go func() {
				<-fault.Fired()
				if test.do.Name == "black hole" {
					p.Clear()
				}
			}()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil) // which net/http does not send again by itself
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(req)
			head, all := err == nil, false
			if head {
				text, err := io.ReadAll(response.Body)
				all = err == nil && string(text) == page
				response.Body.Close()
			}
			if meant := i == 1; head != (test.head || !meant) || all != (test.all || !meant) {
				t.Errorf("%s: answer %d: its head arrived: %v, all of it: %v", test.do.Name, i, head, all)
			}
		}
		if !fault.TookPlace() || p.Steps() != 3 {
			t.Errorf("%s: took place: %v; of %d answers", test.do.Name, fault.TookPlace(), p.Steps())
		}
	}
}
