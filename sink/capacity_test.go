package sink

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"rollcall/sink/sinktest"
)

// limited returns the URL of a fresh database for its owner, who may have so many
// sessions.
func limited(t *testing.T, limit string) string {
	t.Helper()
	address := sinktest.URL(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	admin := sqlx.MustConnect("postgres", address)
	defer admin.Close()
	name := strings.TrimPrefix(u.Path, "/")
	role := name + "_owner"
	admin.MustExec(`CREATE ROLE ` + role + ` LOGIN CREATEROLE CONNECTION LIMIT ` + limit + ` PASSWORD 'x'`)
	admin.MustExec(`ALTER DATABASE ` + name + ` OWNER TO ` + role)
	t.Cleanup(func() {
		admin := sqlx.MustConnect("postgres", address)
		defer admin.Close()
		admin.MustExec(`REASSIGN OWNED BY ` + role + ` TO CURRENT_USER; DROP OWNED BY ` + role)
		admin.MustExec(`DROP ROLE ` + role)
	})
	u.User = url.UserPassword(role, "x")
	return u.String()
}

// A run that finds no session to spare waits until there is one.
func TestTooFewConnectionsAreWaitedFor(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), limited(t, "3"), 8) // two runs, and their heartbeats
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := (Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	first, second := begun(t, db, "first"), begun(t, db, "second")
	waits := make(chan error, 1)
	third := make(chan error, 1)
	go func() {
		r, err := Begin(t.Context(), db, Start{
			Source: "third", Provider: "fake", Trigger: "manual", Patience: time.Minute,
			Warn: func(err error) { waits <- err },
		})
		if err == nil {
			r.Close(context.WithoutCancel(t.Context()))
		}
		third <- err
	}()
	select {
	case err := <-waits:
		if !strings.Contains(err.Error(), "ROLLCALL_PARALLEL") {
			t.Errorf("it waits and says %v", err)
		}
	case err := <-third:
		t.Fatalf("the third run does not wait: %v", err)
	}
	first.Close(t.Context())
	if err := <-third; err != nil {
		t.Errorf("the third run: %v", err)
	}
	second.Close(t.Context())
}

// Heartbeats for which the server has no session to spare cost a run nothing;
// those that do not get there cost it the connection, with the reason.
func TestARunKeepsItsHoldWhileTheServerIsFull(t *testing.T) {
	t.Parallel()
	address := limited(t, "1")
	db := sqlx.MustConnect("postgres", address)
	defer db.Close()
	from := &origin{read: func(context.Context) (string, error) { return address, nil }}
	_, refusal := (&connector{from: from, silence: sessionSilence}).Connect(t.Context())
	if pq.As(refusal, pqerror.TooManyConnections) == nil || !turnedAway(refusal) {
		t.Fatalf("a session too many: %v", refusal)
	}
	for _, other := range []error{nil, errors.New("lost"), &Error{Database: "d", Err: errors.New("timeout")}, &pq.Error{Code: "53300"}, &Error{Database: "d", Err: &pq.Error{Code: "57P03"}}} {
		if turnedAway(other) {
			t.Errorf("%v is taken for an answer of the server that it has no session", other)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		l := &lease{}
		l.lost, l.lose = context.WithCancelCause(t.Context())
		l.watchdog = &watchdog{timer: time.AfterFunc(HeartbeatTimeout, func() { l.lose(l.lostError()) })}
		var said []error
		for range 10 {
			time.Sleep(heartbeatEvery)
			if !l.answered(false, refusal, func(err error) { said = append(said, err) }) {
				t.Fatal("it gives up")
			}
		}
		synctest.Wait()
		if l.lost.Err() != nil || len(said) != 1 || !strings.Contains(said[0].Error(), "ROLLCALL_PARALLEL") {
			t.Errorf("lost: %v; said: %v", context.Cause(l.lost), said)
		}
		l.answered(false, errors.New("the network is down"), nil)
		time.Sleep(HeartbeatTimeout)
		synctest.Wait()
		if cause := context.Cause(l.lost); !errors.Is(cause, ErrLost) || !strings.Contains(cause.Error(), "the network is down") {
			t.Errorf("the cause is %v", cause)
		}
	})
}

// Who holds a connection's lock is named; one who cannot run rollcall is no run.
func TestTheHolderOfALockIsNamed(t *testing.T) {
	t.Parallel()
	address := limited(t, "20")
	db, err := Open(t.Context(), address, 8)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := (Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := begun(t, db, "acme")
	pid := r.pid(t)
	start := Start{Source: "acme", Provider: "fake", Trigger: "schedule"}
	_, err = Begin(t.Context(), db, start)
	var busy *BusyError
	if !errors.Is(err, ErrBusy) || !errors.As(err, &busy) || busy.PID != pid || !strings.HasSuffix(busy.Role, "_owner") {
		t.Errorf("a run holds it: %v", err)
	}
	connection := r.connection
	r.Close(t.Context())

	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	role := strings.TrimPrefix(u.Path, "/") + "_analyst"
	db.MustExec(`CREATE ROLE ` + role + ` LOGIN PASSWORD 'x'`)
	defer db.MustExec(`DROP ROLE ` + role)
	u.User = url.UserPassword(role, "x")
	analyst := sqlx.MustConnect("postgres", u.String())
	defer analyst.Close()
	analyst.SetMaxOpenConns(1)
	analyst.MustExec(`SELECT pg_advisory_lock($1, $2)`, lockClass, connection)
	if err := analyst.Get(&pid, `SELECT pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	var warned error
	start.Wait, start.Warn = lockPoll, func(err error) { warned = err }
	_, err = Begin(t.Context(), db, start)
	if errors.Is(err, ErrBusy) || !errors.As(err, &busy) || !busy.Foreign || busy.PID != pid || busy.Role != role || !strings.Contains(err.Error(), "pg_terminate_backend") {
		t.Errorf("an analyst holds it: %v", err)
	}
	if !errors.As(warned, &busy) {
		t.Errorf("that it waits for %s is not said: %v", role, warned)
	}
	// Its session may be idle for long: the owner may not end it, which is no failure.
	if _, err := TerminateStale(t.Context(), db, 0); err != nil {
		t.Errorf("a session of somebody else: %v", err)
	}
}
