package sink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// ErrBusy means that another run holds the connection.
var ErrBusy = errors.New("another run holds the connection")

// A BusyError is an ErrBusy that names who holds the connection.
type BusyError struct {
	Source  string
	Role    string
	PID     int
	Foreign bool // the role may not write to the directory: no run of rollcall is its
}

// Is reports whether the target is ErrBusy, which a foreign holder is not: what
// makes way for a run must not make way for anybody.
func (e *BusyError) Is(target error) bool { return target == ErrBusy && !e.Foreign }

func (e *BusyError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("the lock of %s is held by role %q (pid %d), which is no run: SELECT pg_terminate_backend(%d) ends its session; then run again", e.Source, e.Role, e.PID, e.PID)
	}
	return fmt.Sprintf("%v: role %q, pid %d", ErrBusy, e.Role, e.PID)
}

// ErrBegun means that the run of a tick has begun elsewhere.
var ErrBegun = errors.New("the run of this tick began elsewhere")

// ErrLost means that a run no longer holds its connection: another one began,
// so it must not apply.
var ErrLost = errors.New("the run lost its hold on the connection, and nothing was applied: run it again")

// An Error is a failure of the database, in words for the operator. It never
// tells the user or the password.
type Error struct {
	Database string // name and host; "" where the session was open
	Err      error
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	where := "database"
	if e.Database != "" {
		where += " " + e.Database
	}
	return where + ": " + advice(e.Err)
}

// advice tells what happened and what to do.
func advice(err error) string {
	var refusal *pq.Error
	var network net.Error
	switch {
	case errors.As(err, &refusal):
		return refused(refusal)
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "did not answer in time; is it up and reachable?"
	case errors.As(err, &network):
		var op *net.OpError
		if errors.As(err, &op) {
			return fmt.Sprintf("cannot be reached: %v", op.Err)
		}
		return "cannot be reached: is the host's name right?"
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "ended the session, or the network did (has it restarted?): run again"
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ") // of several hosts
}

// SQLSTATE codes and classes that call for words of their own.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func refused(e *pq.Error) string {
	switch code := string(e.Code); {
	case code == "28P01" || code == "28000":
		return "refused the user or the password: check DATABASE_URL"
	case code == "3D000":
		return "does not exist: create it, or check DATABASE_URL"
	case code == "42501":
		return e.Message + ": the connecting role lacks a right; it must own the schemas directory and directory_internal, or be allowed to create them; " +
			"an analyst's role lacks it rightly, and reads with accounts, tree, history, runs, rejects, connections and export"
	case code == "08P01" && strings.Contains(e.Message, "startup parameter"):
		return "is behind a pooler that knows no settings of a session: let DATABASE_URL name Postgres itself"
	case code == "25006":
		return "is read-only (a standby?): rollcall needs the primary"
	case code == "3F000" || code == "42P01":
		return "has no directory of this version: run rollcall migrate up"
	case code == "53300":
		return e.Message + ": the server, the database or the role allows too few connections: raise that limit, or lower ROLLCALL_PARALLEL"
	case code == "42704" && slices.ContainsFunc(settings, func(s setting) bool { return strings.Contains(e.Message, `"`+s.name+`"`) }):
		return e.Message + ": rollcall needs Postgres 14 or later"
	case code[:2] == "53":
		return e.Message + ": the server is out of connections, disk or memory"
	case code == "57P01" || code == "57P02" || code == "57P03":
		return "is shutting down or starting up, or the session was ended by another rollcall since nothing was heard of this one: run again"
	default:
		return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, code)
	}
}

// wrap makes an Error of a database failure; the end of ctx goes first, since
// a cancelled statement says no more than that it was cancelled.
func wrap(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var already *Error
	plain := []error{ErrLost, ErrBusy, ErrBegun, ErrPooled} // no failures of the database
	if errors.As(err, &already) || errors.As(err, new(*TakenError)) || errors.As(err, new(*BusyError)) ||
		slices.ContainsFunc(plain, func(known error) bool { return errors.Is(err, known) }) {
		return err
	}
	return &Error{Err: err}
}
