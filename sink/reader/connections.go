package reader

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Connections asks for the connections that the directory knows or that are
// configured, by name: how they are, and when they last ran. Where configured is
// nil, those are configured that the last sync of all had.
func Connections(configured, providers, only []string) Query {
	return Query{text: statement("connections"), order: "k.source", args: []any{pq.Array(configured), pq.Array(providers), list(only)}}
}

// Unknown returns a message about the names that the directory does not know, and
// the names that it knows; "" if it knows all of them.
func Unknown(ctx context.Context, db *sqlx.DB, names []string) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	var known, unknown []string
	if err := db.SelectContext(ctx, &known, "SELECT source FROM directory.source_health ORDER BY source"); err != nil {
		return "", explain(ctx, err)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			unknown = append(unknown, fmt.Sprintf("%q", name))
		}
	}
	switch {
	case len(unknown) == 0:
		return "", nil
	case len(known) == 0:
		known = []string{"none yet"}
	}
	return fmt.Sprintf("the directory knows no connection %s; it knows %s", strings.Join(unknown, " or "), strings.Join(known, ", ")), nil
}
