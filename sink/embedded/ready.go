package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// pollInterval is how often a condition of another process is looked at.
const pollInterval = 10 * time.Millisecond

// poll asks until the answer is true or an error, or ctx ends.
func poll(ctx context.Context, ask func() (bool, error)) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if ok, err := ask(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// ready waits until the server takes connections, and makes its database where
// it is missing.
func (s *Server) ready(ctx context.Context) error {
	var last error
	err := poll(ctx, func() (bool, error) {
		if !s.running() {
			return false, fmt.Errorf("it ended at once; its log:\n%s", s.logTail())
		}
		last = s.execute(ctx, Database, "")
		if isCode(last, pqerror.InvalidCatalogName) {
			last = s.execute(ctx, "postgres", "CREATE DATABASE "+Database)
		}
		return last == nil, nil
	})
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("it takes no connections: %w (%w); its log:\n%s", err, last, s.logTail())
	}
	return err
}

// ended waits for the server's end.
func (s *Server) ended(limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if s.done == nil { // it is another's child
		return poll(ctx, func() (bool, error) { return !inUse(s.dir.users()), nil }) == nil
	}
	select {
	case <-s.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// execute connects, runs one statement and leaves. No PG… variable, which is
// meant for another server, has a say in it.
func (s *Server) execute(ctx context.Context, database, statement string) (err error) {
	connector, err := pq.NewConnectorConfig(pq.Config{
		Host: s.dir.socket(), Port: 5432, User: superuser, Database: database, SSLMode: pq.SSLModeDisable,
		MinProtocolVersion: pq.ProtocolVersion30, MaxProtocolVersion: pq.ProtocolVersion30,
	})
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, statement)
	return err
}

func isCode(err error, code pqerror.Code) bool {
	var e *pq.Error
	return errors.As(err, &e) && e.Code == code
}
