package sink

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// readable are the tables and views of the schema directory. The reader's rights
// on other objects that a site keeps there are the site's to decide.
var readable = pq.StringArray{
	"directory.account_history", "directory.accounts", "directory.held_deletions", "directory.live_accounts",
	"directory.payload_fields", "directory.rejects", "directory.runs", "directory.source_health",
}

// callable are its functions.
var callable = pq.StringArray{
	"directory.accounts_as_of(timestamptz)", "directory.ancestors(bigint)", "directory.changes(timestamptz, timestamptz)",
	"directory.descendants(bigint)", "directory.tree_as_of(bigint, timestamptz)",
}

// A RightsGap is a right that the reader role lacks or must not have.
type RightsGap struct {
	Object    string
	Missing   bool   // the role lacks the right
	Statement string // closes the gap
	Able      bool   // the connecting role may run Statement
}

// ReaderGaps returns what the role's rights lack, or have too much.
func ReaderGaps(ctx context.Context, q sqlx.QueryerContext, role string) (gaps []RightsGap, err error) {
	return gaps, sqlx.SelectContext(ctx, q, &gaps, statement("reader_rights"), role, readable, callable)
}

// ensureReader creates the analysts' role where that is allowed, and lets it read
// the schema directory and nothing of directory_internal: views read that with
// their owner's rights. It writes nothing when all is right.
func ensureReader(ctx context.Context, db *sqlx.DB, role string) error {
	if err := createReader(ctx, db, role); err != nil {
		return err
	}
	gaps, err := ReaderGaps(ctx, db, role)
	if err != nil || !slices.ContainsFunc(gaps, func(g RightsGap) bool { return g.Able }) {
		return err
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	// Two sessions that grant on one object at once would fail. Only rollcall can
	// lock a table of directory_internal.
	if _, err := tx.ExecContext(ctx, `LOCK TABLE `+versionTable+` IN SHARE UPDATE EXCLUSIVE MODE`); err != nil {
		return err
	}
	if gaps, err = ReaderGaps(ctx, tx, role); err != nil { // another process may have closed them
		return err
	}
	for _, g := range gaps {
		if !g.Able {
			continue
		}
		if _, err := tx.ExecContext(ctx, g.Statement); err != nil {
			return fmt.Errorf("rights of the reader role: %s: %w", g.Statement, err)
		}
	}
	return tx.Commit()
}

// createReader creates the analysts' role, unless it exists or the connecting role
// may not create roles.
func createReader(ctx context.Context, db *sqlx.DB, role string) error {
	exists, may, err := ReaderRole(ctx, db, role)
	if err != nil || exists || !may {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE ROLE `+pq.QuoteIdentifier(role)+` NOLOGIN`)
	if pq.As(err, pqerror.DuplicateObject, pqerror.UniqueViolation) != nil {
		return nil // another process created it just now
	}
	return err
}

// ReaderRole reports whether the analysts' role exists, and whether the connecting
// role may create roles.
func ReaderRole(ctx context.Context, db *sqlx.DB, role string) (exists, may bool, err error) {
	err = db.QueryRowContext(ctx, statement("reader_role"), role).Scan(&exists, &may)
	return exists, may, err
}
