package sink

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"rollcall/migrations"
)

// versionTable holds the versions that were applied.
const versionTable = "directory_internal.schema_version"

// A Version is one migration of the schema.
type Version struct {
	Number    int64
	Name      string     // its file
	AppliedAt *time.Time // nil: pending
}

// A Migration brings the schema up to date and lets ReaderRole read the directory.
type Migration struct {
	DB         *sqlx.DB
	ReaderRole string
	Log        *slog.Logger // reports what a migration waits for; nil reports nothing

	patience time.Duration // how long to wait for locked tables; 0 is lockPatience
}

// Run migrates. It is safe when many processes start at once: one migrates, the
// others wait for it. A schema newer than this program is left alone.
func (m Migration) Run(ctx context.Context) error {
	if err := CheckPooler(ctx, m.DB); err != nil {
		return wrap(ctx, err)
	}
	applied, newest, err := SchemaVersion(ctx, m.DB)
	if err != nil {
		return err
	}
	if applied < newest {
		if err := m.migrate(ctx); err != nil {
			return wrap(ctx, err)
		}
	}
	return wrap(ctx, ensureReader(ctx, m.DB, m.ReaderRole))
}

// Versions returns the migrations of this program and whether each was applied,
// without changing anything.
func Versions(ctx context.Context, db *sqlx.DB) ([]Version, error) {
	p, err := provider(db, nil)
	if err != nil {
		return nil, err
	}
	version, err := appliedVersion(ctx, db)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var applied []struct {
		ID int64     `db:"version_id"`
		At time.Time `db:"at"`
	}
	if version > 0 {
		err = db.SelectContext(ctx, &applied, `SELECT version_id, pg_catalog.max(tstamp) AT TIME ZONE 'UTC' AS at FROM `+versionTable+` WHERE is_applied GROUP BY version_id`)
	}
	at := map[int64]*time.Time{}
	for i := range applied {
		at[applied[i].ID] = &applied[i].At
	}
	var list []Version
	for _, s := range p.ListSources() {
		list = append(list, Version{Number: s.Version, Name: s.Path, AppliedAt: at[s.Version]})
	}
	return list, wrap(ctx, err)
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

// SchemaVersion returns the schema's version, 0 where there is none, and that of
// this program.
func SchemaVersion(ctx context.Context, db *sqlx.DB) (applied, newest int64, err error) {
	p, err := provider(db, nil)
	if err != nil {
		return 0, 0, err
	}
	applied, err = appliedVersion(ctx, db)
	sources := p.ListSources()
	return applied, sources[len(sources)-1].Version, wrap(ctx, err)
}

// migrate applies the missing versions, each in one transaction. A transaction that
// would have to wait for a lock is rolled back and repeated.
func (m Migration) migrate(ctx context.Context) error {
	if err := createSchema(ctx, m.DB); err != nil {
		return err
	}
	log := cmp.Or(m.Log, slog.New(slog.DiscardHandler))
	patience := cmp.Or(m.patience, lockPatience)
	return untilUnlocked(ctx, log, patience, func(timeout time.Duration) (holders, error) {
		var pid atomic.Int32
		p, err := provider(m.DB, func(l lock.SessionLocker) lock.SessionLocker { return boundedLocker{l, timeout, &pid} })
		if err != nil {
			return nil, err
		}
		stop := watchLock(ctx, ControlPool(m.DB), &pid)
		_, err = p.Up(ctx)
		held := stop()
		if err != nil {
			err = fmt.Errorf("the schema could not be migrated: %w", err)
		}
		return held, err
	})
}

// createSchema creates the schema of goose's table. Two sessions that create it at
// once collide in the catalog in spite of IF NOT EXISTS; for the one that loses, it
// exists.
func createSchema(ctx context.Context, db *sqlx.DB) error {
	_, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS directory_internal`)
	if pq.As(err, pqerror.UniqueViolation, pqerror.DuplicateSchema) != nil {
		return nil
	}
	return err
}

// provider polls for the session lock: the blocking form would deadlock with
// CREATE INDEX CONCURRENTLY, which waits for every older transaction. bound, if set,
// replaces the locker.
func provider(db *sqlx.DB, bound func(lock.SessionLocker) lock.SessionLocker) (*goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600), lock.WithUnlockTimeout(1, 10))
	if err != nil {
		return nil, err
	}
	if bound != nil {
		locker = bound(locker)
	}
	store, err := database.NewStore(database.DialectPostgres, versionTable)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", db.DB, migrations.FS, goose.WithStore(store), goose.WithSessionLocker(locker))
}
