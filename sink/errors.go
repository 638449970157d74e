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
	"github.com/lib/pq/pqerror"
)

// ErrBegun means that the run of a tick has begun elsewhere.
var ErrBegun = errors.New("the run of this tick began elsewhere")

// ErrLost means that a run no longer holds its connection: another one began,
// so it must not apply.
var ErrLost = errors.New("the run lost its connection, and nothing was applied: run it again")

// An Error is a failure of the database, in words for the operator. It has
// neither the user nor the password.
type Error struct {
	Database string // its name and hosts, where no session could be opened; "" otherwise
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

// errReadOnly means that sessions cannot write.
var errReadOnly = errors.New("is read-only (a standby?): rollcall needs the primary")

// advice says what happened and what to do.
func advice(err error) string {
	if refusal := pq.As(err); refusal != nil {
		return refused(refusal)
	}
	var network net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "did not answer in time; is it up and reachable?"
	case errors.As(err, &network):
		var op *net.OpError
		if errors.As(err, &op) {
			return fmt.Sprintf("cannot be reached: %v", op.Err)
		}
		return "cannot be reached: is the host's name right?"
	case ended(err):
		return "ended the session, or the network did (has it restarted?): run again"
	}
	return strings.ReplaceAll(err.Error(), "\n", "; ") // of several hosts
}

// ended reports whether a session ended.
func ended(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// refused is advice on an error of the server, by its SQLSTATE:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func refused(e *pq.Error) string {
	switch e.Code {
	case pqerror.InvalidPassword, pqerror.InvalidAuthorizationSpecification:
		return "refused the user or the password: check DATABASE_URL"
	case pqerror.InvalidCatalogName:
		return "does not exist: create it, or check DATABASE_URL"
	case pqerror.InsufficientPrivilege:
		return e.Message + ": the connecting role lacks a right; rollcall doctor says which; " +
			"an analyst's role reads with accounts, tree, history, runs, rejects, connections and export"
	case pqerror.ReadOnlySQLTransaction:
		return errReadOnly.Error()
	case pqerror.InvalidSchemaName, pqerror.UndefinedTable:
		return "has no directory of this version: run rollcall migrate up"
	case pqerror.TooManyConnections:
		return e.Message + ": the server, the database or the role allows too few connections: raise that limit, or lower ROLLCALL_PARALLEL"
	case pqerror.AdminShutdown, pqerror.CrashShutdown, pqerror.CannotConnectNow:
		return "is shutting down or starting up, or another rollcall terminated the session since it received no heartbeat: run again"
	case pqerror.ProtocolViolation:
		if strings.Contains(e.Message, "startup parameter") {
			return "is behind a pooler that does not support settings of a session: let DATABASE_URL name Postgres itself"
		}
	case pqerror.UndefinedObject:
		if slices.ContainsFunc(settings, func(s setting) bool { return strings.Contains(e.Message, `"`+s.name+`"`) }) {
			return e.Message + ": rollcall needs Postgres 14 or later"
		}
	}
	if e.Code.Class() == pqerror.ClassInsufficientResources {
		return e.Message + ": the server is out of connections, disk or memory"
	}
	return fmt.Sprintf("%s (SQLSTATE %s)", e.Message, e.Code)
}

// IsTransient reports whether a failure may pass by itself: the database is down,
// starting, or out of connections, or its URL cannot be read. A wrong password does not.
func IsTransient(err error) bool {
	var failure *Error
	if !errors.As(err, &failure) {
		return false
	}
	if errors.As(failure.Err, new(*lockedError)) {
		return true
	}
	if refusal := pq.As(failure.Err); refusal != nil {
		return slices.Contains([]pqerror.Class{"08", "53", "57"}, refusal.Code.Class())
	}
	var network interface{ Timeout() bool }
	return errors.As(err, new(*URLError)) || errors.As(failure.Err, &network) || errors.Is(failure.Err, errNoHost) || errors.Is(failure.Err, context.DeadlineExceeded) ||
		ended(failure.Err)
}

// turnedAway reports whether the server answered and refused a new session. The
// sessions that are open are not affected.
func turnedAway(err error) bool {
	var failure *Error
	refusal := pq.As(err)
	return refusal != nil && errors.As(err, &failure) && failure.Database != "" && refusal.Code.Class() != pqerror.ClassOperatorIntervention // shutting down
}

// wrap makes an Error of a database failure. The end of ctx goes first: the error
// of a cancelled statement does not say why it was cancelled.
func wrap(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	plain := []error{ErrLost, ErrBusy, ErrBegun, ErrPooled} // no failures of the database
	if errors.As(err, new(*Error)) || errors.As(err, new(*BusyError)) ||
		slices.ContainsFunc(plain, func(known error) bool { return errors.Is(err, known) }) {
		return err
	}
	return &Error{Err: err}
}

// Wrap makes an Error of a database failure, for package admin.
func Wrap(ctx context.Context, err error) error { return wrap(ctx, err) }
