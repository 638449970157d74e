package sink

import (
	"context"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"rollcall/migrations"
)

// versionTable holds the versions that were applied.
const versionTable = "directory_internal.schema_version"

// A Version is one migration of the schema.
type Version struct {
	Number  int64
	Name    string // its file
	Applied bool
}

// Migrate brings the schema up to date and lets readerRole read the directory.
// It is safe when many processes start at once: one migrates, the others wait
// for it. A schema newer than this program is left alone.
func Migrate(ctx context.Context, db *sqlx.DB, readerRole string) error {
	if err := refusePooler(ctx, db); err != nil {
		return wrap(ctx, err)
	}
	current, err := isCurrent(ctx, db)
	if err != nil {
		return wrap(ctx, err)
	}
	if !current {
		if err := migrate(ctx, db); err != nil {
			return wrap(ctx, err)
		}
		return wrap(ctx, grant(ctx, db, readerRole))
	}
	return wrap(ctx, ensureReader(ctx, db, readerRole))
}

// Versions returns the migrations of this program and whether each was applied,
// without changing anything.
func Versions(ctx context.Context, db *sqlx.DB) ([]Version, error) {
	p, err := provider(db)
	if err != nil {
		return nil, err
	}
	applied, err := appliedVersion(ctx, db)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []Version
	for _, s := range p.ListSources() {
		list = append(list, Version{Number: s.Version, Name: s.Path, Applied: s.Version <= applied})
	}
	return list, nil
}

// appliedVersion returns the schema's version, 0 where there is none. It reads
// the table itself, since goose would create it.
func appliedVersion(ctx context.Context, db *sqlx.DB) (version int64, err error) {
	var exists bool
	if err := db.GetContext(ctx, &exists, `SELECT pg_catalog.to_regclass($1) IS NOT NULL`, versionTable); err != nil || !exists {
		return 0, err
	}
	err = db.GetContext(ctx, &version, `SELECT coalesce(pg_catalog.max(version_id), 0) FROM `+versionTable+` WHERE is_applied`)
	return version, err
}

func isCurrent(ctx context.Context, db *sqlx.DB) (bool, error) {
	p, err := provider(db)
	if err != nil {
		return false, err
	}
	version, err := appliedVersion(ctx, db)
	sources := p.ListSources()
	return version >= sources[len(sources)-1].Version, err
}

func migrate(ctx context.Context, db *sqlx.DB) error {
	if err := createSchema(ctx, db); err != nil {
		return err
	}
	p, err := provider(db)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("the schema could not be migrated: %w", err)
	}
	return nil
}

// createSchema makes the schema that goose's own table lives in. Two sessions
// that create it at once collide in the catalog in spite of IF NOT EXISTS; the
// one that loses finds it there.
func createSchema(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS directory_internal`)
	var refusal *pq.Error
	if errors.As(err, &refusal) && (refusal.Code == "23505" || refusal.Code == "42P06") {
		return nil
	}
	return err
}

// provider polls for the session lock: the blocking form would deadlock with
// CREATE INDEX CONCURRENTLY, which waits for every older transaction.
func provider(db *sqlx.DB) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return nil, err
	}
	store, err := database.NewStore(database.DialectPostgres, versionTable)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", db.DB, migrations.FS, goose.WithStore(store), goose.WithSessionLocker(locker))
}

// ensureReader grants where the role is not there yet, so that a changed
// ROLLCALL_READER_ROLE takes effect; else it costs one look.
func ensureReader(ctx context.Context, db *sqlx.DB, role string) error {
	var able bool
	err := db.GetContext(ctx, &able, `SELECT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = $1 AND pg_catalog.has_schema_privilege(r.oid, 'directory', 'USAGE'))`, role)
	if err != nil || able {
		return err
	}
	return grant(ctx, db, role)
}

// grant creates the analysts' role where that is allowed, and lets it read the
// schema directory and nothing else. Views read directory_internal as their
// owner does.
func grant(ctx context.Context, db *sqlx.DB, role string) error {
	var may, exists bool
	err := db.QueryRowContext(ctx, `SELECT rolsuper OR rolcreaterole, EXISTS (SELECT FROM pg_roles WHERE rolname = $1) FROM pg_roles WHERE rolname = current_user`, role).Scan(&may, &exists)
	if err != nil {
		return err
	}
	name := pq.QuoteIdentifier(role)
	if !exists {
		if !may {
			return nil
		}
		_, err := db.ExecContext(ctx, `CREATE ROLE `+name+` NOLOGIN`)
		var refusal *pq.Error
		if err != nil && !(errors.As(err, &refusal) && (refusal.Code == "42710" || refusal.Code == "23505")) {
			return err // unless another process created it just now
		}
	}
	// The lock ends with the implicit transaction of the three: two sessions
	// that grant on one object at once would fail.
	_, err = db.ExecContext(ctx, fmt.Sprintf(`SELECT pg_catalog.pg_advisory_xact_lock(%d, 0);
		GRANT USAGE ON SCHEMA directory TO %s;
		GRANT SELECT ON ALL TABLES IN SCHEMA directory TO %[2]s`, lockClass, name))
	return err
}
