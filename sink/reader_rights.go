package sink

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
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

// A rightsGap is a difference between the reader role's rights and the right ones.
type rightsGap struct {
	Object    string
	Missing   bool   // the role lacks it; else it has rights that it must not have
	Statement string // mends it
	Able      bool   // the connecting role may run that
}

func rightsGaps(ctx context.Context, q sqlx.QueryerContext, role string) (gaps []rightsGap, err error) {
	return gaps, sqlx.SelectContext(ctx, q, &gaps, statement("reader_rights"), role, readable, callable)
}

// ensureReader creates the analysts' role where that is allowed, and lets it read
// the schema directory and nothing of directory_internal: views read that with
// their owner's rights. It writes nothing when all is right.
func ensureReader(ctx context.Context, db *sqlx.DB, role string) error {
	if err := createReader(ctx, db, role); err != nil {
		return err
	}
	gaps, err := rightsGaps(ctx, db, role)
	if err != nil || !anyAble(gaps) {
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
	if gaps, err = rightsGaps(ctx, tx, role); err != nil { // another process may have closed them
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

func anyAble(gaps []rightsGap) bool {
	for _, g := range gaps {
		if g.Able {
			return true
		}
	}
	return false
}

// createReader creates the analysts' role, unless it exists or the connecting role
// may not create roles.
func createReader(ctx context.Context, db *sqlx.DB, role string) error {
	exists, may, err := readerRole(ctx, db, role)
	if err != nil || exists || !may {
		return err
	}
	_, err = db.ExecContext(ctx, `CREATE ROLE `+pq.QuoteIdentifier(role)+` NOLOGIN`)
	var refusal *pq.Error
	if errors.As(err, &refusal) && (refusal.Code == "42710" || refusal.Code == "23505") {
		return nil // another process created it just now
	}
	return err
}

// readerRole reports whether the analysts' role exists, and whether the connecting
// role may create roles.
func readerRole(ctx context.Context, db *sqlx.DB, role string) (exists, may bool, err error) {
	err = db.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1), rolsuper OR rolcreaterole
		FROM pg_catalog.pg_roles WHERE rolname = current_user`, role).Scan(&exists, &may)
	return exists, may, err
}

// reader checks the analysts' role and its rights.
func (e *examination) reader(ctx context.Context) (state, detail string, err error) {
	exists, may, err := readerRole(ctx, e.db, e.role)
	switch {
	case err != nil:
		return "", "", err
	case !exists && may:
		return OK, e.role + " will be made", nil
	case !exists:
		return Warning, fmt.Sprintf("there is no role %s for analysts, and the connecting role may not make it: CREATE ROLE %s NOLOGIN, or set ROLLCALL_READER_ROLE", e.role, e.role), nil
	}
	gaps, err := rightsGaps(ctx, e.db, e.role)
	if err != nil {
		return "", "", err
	}
	if len(gaps) == 0 {
		return OK, e.role, nil
	}
	return Warning, describeGaps(e.role, gaps), nil
}

// describeGaps names what the role lacks or has too much, and what to run.
func describeGaps(role string, gaps []rightsGap) string {
	var lacks, excess, others, advice []string
	for _, g := range gaps {
		if g.Missing {
			lacks = append(lacks, g.Object)
		} else {
			excess = append(excess, g.Object)
		}
		if !g.Able {
			others = append(others, g.Statement)
		}
	}
	var found []string
	if len(lacks) > 0 {
		found = append(found, fmt.Sprintf("%s may not read %s", role, strings.Join(lacks, ", ")))
	}
	if len(excess) > 0 {
		found = append(found, fmt.Sprintf("%s has rights on %s", role, strings.Join(excess, ", ")))
	}
	if len(others) < len(gaps) {
		advice = append(advice, "run rollcall migrate up")
	}
	if len(others) > 0 {
		advice = append(advice, "as the owner of these objects, run "+strings.Join(others, "; "))
	}
	return strings.Join(found, "; ") + ": " + strings.Join(advice, ", and ")
}
