package reader_test

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"rollcall/sink"
	"rollcall/sink/reader"
	"rollcall/sink/sinktest"
)

// stopper is a Receiver that has seen enough.
type stopper struct{ rows int }

var errEnough = errors.New("enough")

func (*stopper) Columns([]string) error { return nil }

func (s *stopper) Row([]any) error {
	s.rows++
	return errEnough
}

// A counter counts the bytes that come from the server.
type counter struct {
	net.Dialer
	read atomic.Int64
}

func (*counter) DialTimeout(string, string, time.Duration) (net.Conn, error) {
	return nil, errors.ErrUnsupported // the driver dials with a context
}

func (c *counter) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.Dialer.DialContext(ctx, network, address)
	return counted{conn, &c.read}, err
}

type counted struct {
	net.Conn
	read *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

// A long answer is neither kept in memory nor read to its end.
func TestReadingEndsWithItsReader(t *testing.T) {
	url := sinktest.URL(t)
	connector, err := pq.NewConnector(url)
	if err != nil {
		t.Fatal(err)
	}
	count := new(counter)
	connector.Dialer(count)
	db := sqlx.NewDb(sql.OpenDB(connector), "postgres")
	defer db.Close()
	if err := (sink.Migration{DB: db, ReaderRole: "directory_reader"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(t, db, `INSERT INTO directory.runs (source, trigger, status, started_at, error)
		SELECT 'acme', 'manual', 'failed', now(), repeat('x', 1000) FROM generate_series(1, 100000)`)
	s := new(stopper)
	if err := reader.Read(t.Context(), db, reader.Runs(nil, nil), s); !errors.Is(err, errEnough) || s.rows != 1 {
		t.Errorf("read %d rows: %v", s.rows, err)
	}
	if read := count.read.Load(); read > 50e6 { // of 100 MB
		t.Errorf("%d bytes were read for one row", read)
	}
}

func TestAnInterruptionIsNoDatabaseError(t *testing.T) {
	db := empty(t)
	why := errors.New("the operator said so")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := reader.Read(ctx, db, reader.Runs(nil, nil), new(taken)); !errors.Is(err, why) {
		t.Errorf("error %v, want %v", err, why)
	}
}
