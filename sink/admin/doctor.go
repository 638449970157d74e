package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
)

// States of a finding.
const (
	OK      = "ok"
	Warning = "warning"
	Failed  = "failed"
)

// A Finding is the result of one check, in words for the operator.
type Finding struct {
	Subject string // "database", or the name of a connection
	Check   string
	State   string
	Detail  string // what was found, and the next step; never a secret
}

// OldestServer is the oldest server that the schema works on, as server_version_num has it.
const OldestServer = 140000

// How far the clocks of this machine and of the database may be apart. The
// directory has times of the database's clock, the log those of the machine's.
const (
	skewWarned = 2 * time.Second
	skewFailed = time.Minute
)

// An examination is one examination of a database.
type examination struct {
	db       *sqlx.DB
	role     string // of analysts
	sessions int    // needed at most
	findings []Finding
}

// Examine checks the database; its errors are findings. The pool must have two
// sessions; sessions is the size of the pool for runs.
func Examine(ctx context.Context, db *sqlx.DB, readerRole string, sessions int) []Finding {
	e := &examination{db: db, role: readerRole, sessions: sessions + sink.ControlSessions}
	e.note("reachable", OK, "")
	for _, check := range []struct {
		name string
		run  func(context.Context) (state, detail string, err error)
	}{
		{"version", e.version},
		{"pooler", e.pooler},
		{"settings", e.settings},
		{"connections", e.connections},
		{"clock", e.clock},
		{"schema", e.schema},
		{"rights", e.rights},
		{"reader role", e.reader},
	} {
		state, detail, err := check.run(ctx)
		if err != nil {
			state, detail = Failed, sink.Wrap(ctx, err).Error()
		}
		e.note(check.name, state, detail)
	}
	return e.findings
}

func (e *examination) note(check, state, detail string) {
	e.findings = append(e.findings, Finding{"database", check, state, detail})
}

func (e *examination) version(ctx context.Context) (state, detail string, err error) {
	var number int
	var name string
	var standby bool
	err = e.db.QueryRowContext(ctx, `SELECT pg_catalog.current_setting('server_version_num')::int, pg_catalog.current_setting('server_version'), pg_catalog.pg_is_in_recovery()`).
		Scan(&number, &name, &standby)
	switch {
	case err != nil:
		return "", "", err
	case number < OldestServer:
		return Failed, "Postgres " + name + " is too old: rollcall needs 14 or later", nil
	case standby:
		return Failed, "this is a standby, which is read-only: let DATABASE_URL name the primary", nil
	}
	return OK, "Postgres " + name, nil
}

func (e *examination) pooler(ctx context.Context) (state, detail string, err error) {
	switch err = sink.CheckPooler(ctx, e.db); {
	case errors.Is(err, sink.ErrPooled):
		return Failed, err.Error(), nil
	case err != nil:
		return "", "", err
	}
	return OK, "no pooler in transaction mode", nil
}

// settings checks the settings that a session cannot or must not override.
func (e *examination) settings(ctx context.Context) (state, detail string, err error) {
	var encoding, readOnly string
	err = e.db.QueryRowContext(ctx, `SELECT pg_catalog.current_setting('server_encoding'), pg_catalog.current_setting('default_transaction_read_only')`).
		Scan(&encoding, &readOnly)
	switch {
	case err != nil:
		return "", "", err
	case encoding != "UTF8":
		return Failed, "the database's encoding is " + encoding + ", which does not have all characters: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and use that one", nil
	case readOnly == "on":
		return Failed, "sessions are read-only: ALTER ROLE or ALTER DATABASE … RESET default_transaction_read_only", nil
	}
	return OK, "", nil
}

// leastSessions are those of a run and of its heartbeats.
const leastSessions = 2

// connections compares the limits of server, database and role with what serve
// and sync may open. Below that, runs wait for each other.
func (e *examination) connections(ctx context.Context) (state, detail string, err error) {
	var limit int
	var of string
	if err := e.db.QueryRowContext(ctx, statement("doctor_connections")).Scan(&limit, &of); err != nil {
		return "", "", err
	}
	detail = fmt.Sprintf("the %s allows %d, of the %d that are needed at most", of, limit, e.sessions)
	switch {
	case limit < leastSessions:
		return Failed, detail + fmt.Sprintf(": raise the limit; %d is the least, with ROLLCALL_PARALLEL=1", leastSessions), nil
	case limit < e.sessions:
		return Warning, detail + ": runs wait for each other; raise the limit, or lower ROLLCALL_PARALLEL", nil
	}
	return OK, detail, nil
}

func (e *examination) clock(ctx context.Context) (state, detail string, err error) {
	var there time.Time
	before := time.Now()
	if err := e.db.GetContext(ctx, &there, `SELECT pg_catalog.clock_timestamp()`); err != nil {
		return "", "", err
	}
	after := time.Now()
	state, detail = judgeSkew(there.Sub(before.Add(after.Sub(before) / 2)))
	return state, detail, nil
}

// judgeSkew returns the finding for a database's clock that is ahead of this machine's.
func judgeSkew(ahead time.Duration) (state, detail string) {
	detail = fmt.Sprintf("the database's clock is %v apart from this machine's", ahead.Abs().Round(time.Millisecond))
	switch {
	case ahead.Abs() > skewFailed:
		return Failed, detail + ": set both by NTP"
	case ahead.Abs() > skewWarned:
		return Warning, detail + ": set both by NTP"
	}
	return OK, detail
}

func (e *examination) schema(ctx context.Context) (state, detail string, err error) {
	applied, newest, err := sink.SchemaVersion(ctx, e.db)
	switch {
	case err != nil:
		return "", "", err
	case applied == 0:
		return Warning, "there is none yet: the first sync creates it, or rollcall migrate up", nil
	case applied < newest:
		return Warning, fmt.Sprintf("version %d is older than this program's, %d: the next sync brings it up to date, or rollcall migrate up", applied, newest), nil
	case applied > newest:
		return OK, fmt.Sprintf("version %d is newer than this program's, %d, which still works: update rollcall to use all of it", applied, newest), nil
	}
	return OK, fmt.Sprintf("version %d", applied), nil
}

func (e *examination) rights(ctx context.Context) (state, detail string, err error) {
	var schemas, foreign int
	var create, temporary bool
	err = e.db.QueryRowContext(ctx, statement("doctor_rights")).Scan(&schemas, &foreign, &create, &temporary)
	switch {
	case err != nil:
		return "", "", err
	case schemas < 2 && !create:
		return Failed, "the connecting role may not create schemas here: GRANT CREATE ON DATABASE to it", nil
	case foreign > 0:
		return Failed, fmt.Sprintf("the connecting role does not own %d of the schemas and tables of the directory: connect as their owner, or make it a member of that role", foreign), nil
	case !temporary:
		return Failed, "the connecting role may not create temporary tables: GRANT TEMPORARY ON DATABASE to it", nil
	}
	return OK, "", nil
}
