package sink

import (
	"context"
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"github.com/lib/pq"
)

// pinnedPath is the search_path of every session. Functions and operators come
// from Postgres alone: what others create in schema public is never called.
const pinnedPath = "pg_catalog, pg_temp"

// A setting is a parameter of the session that rollcall depends on.
type setting struct {
	name, value string
	open        bool // the URL may set it, by this name
}

// settings go over the defaults of role, database and server, and over options
// and PGOPTIONS. All of them exist in Postgres 14. Where default_transaction_read_only
// is on, an administrator wants no writes: doctor reports that.
var settings = []setting{
	{"search_path", pinnedPath, false},
	// The longest statement takes minutes: see statementTimeout.
	{"statement_timeout", strconv.FormatInt(statementTimeout.Milliseconds(), 10), true},
	{"idle_in_transaction_session_timeout", strconv.FormatInt(idleTimeout.Milliseconds(), 10), false},
	{"idle_session_timeout", "0", false}, // a run's session is idle while it waits for a provider
	{"lock_timeout", "0", false},         // statement_timeout bounds a wait; a migration sets its own
	// Neighbouring runs update rows of the same tables: repeatable read fails with 40001.
	{"default_transaction_isolation", "read committed", false},
	// What texts of statements, parameters and results mean.
	{"standard_conforming_strings", "on", false},
	{"array_nulls", "on", false},
	{"datestyle", "ISO, MDY", false},
	{"intervalstyle", "postgres", false},
	{"timezone", "UTC", false},
	{"bytea_output", "hex", false},
	{"extra_float_digits", "1", false},
	{"client_encoding", "UTF8", false},
	{"client_min_messages", "warning", false},
	// What a query finds.
	{"row_security", "on", false}, // off makes a query fail where a policy would apply
	{"gin_fuzzy_search_limit", "0", false},
	// Compiling a statement of thirty columns takes longer than what it saves.
	{"jit", "off", true},
}

// pin sends the settings at the start of the session. Those that the URL may set
// stay as it has them.
func pin(c *pq.Config) {
	given := c.Runtime
	c.Runtime = make(map[string]string, len(given)+len(settings))
	for name, value := range given {
		c.Runtime[strings.ToLower(name)] = value // Postgres ignores case
	}
	for _, s := range settings {
		if _, set := c.Runtime[s.name]; !set || !s.open {
			c.Runtime[s.name] = s.value
		}
	}
	c.ClientEncoding, c.Datestyle = "", "" // they are among the settings
}

// ensurePinned sets by statement what a pooler withheld from the server: one may
// be configured to ignore parameters of the start of a session.
func ensurePinned(ctx context.Context, session driver.Conn, c pq.Config) error {
	q, ok := session.(driver.QueryerContext)
	if !ok {
		return fmt.Errorf("the driver's session %T takes no query", session)
	}
	path, err := first(ctx, q, statement("check_pin"))
	if err != nil || path == pinnedPath {
		return err
	}
	sets := make([]string, 0, len(settings))
	for _, s := range settings {
		sets = append(sets, fmt.Sprintf("pg_catalog.set_config(%s::text, %s::text, false)",
			pq.QuoteLiteral(s.name), pq.QuoteLiteral(c.Runtime[s.name])))
	}
	_, err = first(ctx, q, "SELECT "+strings.Join(sets, ", "))
	return err
}

// first returns the first value of a query's one row.
func first(ctx context.Context, q driver.QueryerContext, query string) (string, error) {
	rows, err := q.QueryContext(ctx, query, nil)
	if err != nil {
		return "", err
	}
	values := make([]driver.Value, len(rows.Columns()))
	err = rows.Next(values)
	if closeErr := rows.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return "", err
	}
	if text, ok := values[0].([]byte); ok {
		return string(text), nil
	}
	text, _ := values[0].(string)
	return text, nil
}
