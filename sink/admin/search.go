package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"rollcall/sink"
)

// searched are the columns of accounts that --search matches.
var searched = []string{"name", "external_id", "email", "domain", "organization", "reference", "phone"}

// trigrams is the extension that finds text by a fragment. It comes with
// Postgres, but not with every package of it.
const trigrams = "pg_trgm"

// IndexSearch creates the index that finds accounts by a fragment of their text,
// unless it exists. Runs continue meanwhile. It is opt-in because it costs every new
// account five times as much as all other indexes together: a search reads all
// accounts without it.
func IndexSearch(ctx context.Context, db *sqlx.DB) error { return indexSearch(ctx, db, trigrams) }

func indexSearch(ctx context.Context, db *sqlx.DB, extension string) error {
	var state struct {
		There, Valid bool
		Home         string
	}
	if err := db.GetContext(ctx, &state, statement("search_index")); err != nil {
		return sink.Wrap(ctx, err)
	}
	if state.Valid {
		return nil
	}
	if _, err := db.ExecContext(ctx, `CREATE EXTENSION IF NOT EXISTS `+extension+` SCHEMA `+state.Home); err != nil {
		return noTrigrams(ctx, err)
	}
	if state.There { // as an interrupted CONCURRENTLY leaves it
		if _, err := db.ExecContext(ctx, `DROP INDEX CONCURRENTLY IF EXISTS directory.accounts_search_idx`); err != nil {
			return sink.Wrap(ctx, err)
		}
	}
	var schema string // the extension may be in any
	err := db.GetContext(ctx, &schema, `SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = $1`, extension)
	if err != nil {
		return sink.Wrap(ctx, err)
	}
	class := " " + pq.QuoteIdentifier(schema) + ".gin_trgm_ops"
	_, err = db.ExecContext(ctx, `CREATE INDEX CONCURRENTLY accounts_search_idx ON directory.accounts USING gin (`+strings.Join(searched, class+", ")+class+`)`)
	return sink.Wrap(ctx, err)
}

// noTrigrams explains why the extension cannot be created.
func noTrigrams(ctx context.Context, err error) error {
	const plain = "there is no index for --search, which reads all accounts without it: "
	switch {
	case pq.As(err, pqerror.InsufficientPrivilege) != nil:
		return fmt.Errorf(plain+"have an administrator run CREATE EXTENSION %s in this database, or GRANT CREATE on it to this role, and run this again", trigrams)
	case pq.As(err, pqerror.UndefinedFile, pqerror.FeatureNotSupported) != nil:
		return fmt.Errorf(plain+"the server has no extension %s; it is in the package postgresql-contrib, or for the hosting to allow", trigrams)
	}
	return sink.Wrap(ctx, err)
}
