package sink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/jmoiron/sqlx"
)

// handWait is how long what people do by hand waits for a run of the connection:
// longer than most runs of a schedule take, and no longer than people do.
const handWait = 30 * time.Second

// An UnknownError is a connection of which the directory knows nothing.
type UnknownError struct{ Source string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the directory knows no connection %q: rollcall connections lists those that it knows", e.Source)
}

// errHeld says that a run is at work which a person should not get in the way of.
func errHeld(source string, err error) error {
	return fmt.Errorf("a run of %s is at work (%w): try again once it has ended (rollcall runs --source %s)", source, err, source)
}

// providerOf returns the provider of a connection that was run before.
func providerOf(ctx context.Context, db *sqlx.DB, source string) (provider string, err error) {
	err = db.GetContext(ctx, &provider, `SELECT provider FROM directory_internal.connection WHERE name = $1`, source)
	if errors.Is(err, sql.ErrNoRows) {
		return "", &UnknownError{source}
	}
	return provider, wrap(ctx, err)
}

// exclusively does work in one transaction, while no run of the connection is
// on its way: holding its lock, and its row against runs that lost theirs.
func exclusively(ctx context.Context, db *sqlx.DB, source string, work func(*sqlx.Tx, *Run) error) error {
	if _, err := providerOf(ctx, db, source); err != nil {
		return err
	}
	r := &Run{Source: source, start: Start{Source: source, Wait: handWait}, db: db}
	if err := r.connect(ctx); err != nil {
		return wrap(ctx, err)
	}
	if err := errors.Join(r.register(ctx), r.lock(ctx)); err != nil {
		r.discard()
		if errors.Is(err, ErrBusy) {
			return errHeld(source, err)
		}
		return wrap(ctx, err)
	}
	defer r.Close(ctx)
	tx, err := r.conn.BeginTxx(ctx, nil)
	if err != nil {
		return wrap(ctx, err)
	}
	defer func() { _ = tx.Rollback() }()
	// Without a run of its own: one that comes to apply now has lost.
	const fence = `UPDATE directory_internal.connection SET run_id = NULL, cached_run = NULL WHERE id = $1
		RETURNING CASE WHEN pg_catalog.to_regclass(pg_catalog.concat('directory_internal.staged_', id)) IS NULL THEN '' ELSE pg_catalog.concat('staged_', id) END`
	if err := tx.GetContext(ctx, &r.staging, fence, r.connection); err != nil {
		return wrap(ctx, err)
	}
	if err := work(tx, r); err != nil {
		return wrap(ctx, err)
	}
	return wrap(ctx, tx.Commit())
}

// LiveAccounts returns how many accounts Retire marks as deleted.
func LiveAccounts(ctx context.Context, db *sqlx.DB, source string) (int64, error) {
	if _, err := providerOf(ctx, db, source); err != nil {
		return 0, err
	}
	live, _, err := CountAccounts(ctx, db, source)
	return live, err
}

// Retire marks all live accounts of a connection as deleted, as a run of its own.
func Retire(ctx context.Context, db *sqlx.DB, source string) (Report, error) {
	return byHand(ctx, db, source, `SELECT id FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL`, nil)
}

// RetireAccount marks one account as deleted, as a run of its own; where it is
// that already, there is nothing to run.
func RetireAccount(ctx context.Context, db *sqlx.DB, source string, id int64) (Report, error) {
	var live bool
	err := db.GetContext(ctx, &live, `SELECT EXISTS (SELECT FROM directory.accounts WHERE source = $1 AND id = $2 AND deleted_at IS NULL)`, source, id)
	if err != nil || !live {
		return Report{}, wrap(ctx, err)
	}
	return byHand(ctx, db, source, `SELECT id FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL AND id = $2`, &id)
}

// byHand deletes the accounts that the statement finds: all of the source, or
// the only one.
func byHand(ctx context.Context, db *sqlx.DB, source, find string, only *int64) (Report, error) {
	provider, err := providerOf(ctx, db, source)
	if err != nil {
		return Report{}, err
	}
	run, err := Begin(ctx, db, Start{Source: source, Provider: provider, Trigger: "manual", Wait: handWait})
	if errors.Is(err, ErrBusy) {
		return Report{}, errHeld(source, err)
	}
	if err != nil {
		return Report{}, err
	}
	defer run.Close(ctx)
	args := []any{source}
	if only != nil {
		args = append(args, *only)
	}
	missing := &Missing{ids: roaring64.New()}
	if err := run.each(ctx, find, args, func(id uint64) { missing.ids.Add(id) }); err != nil {
		return Report{}, errors.Join(err, run.End(ctx, "failed", err.Error(), Counts{}))
	}
	report, err := run.Apply(ctx, Outcome{ByHand: true, Retired: only == nil, Deletions: Deletions{Missing: missing}})
	if err != nil {
		err = errors.Join(err, run.End(ctx, "failed", err.Error(), Counts{}))
	}
	return report, err
}

// each reads a list of ids.
func (r *Run) each(ctx context.Context, query string, args []any, take func(uint64)) error {
	rows, err := r.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return wrap(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return wrap(ctx, err)
		}
		take(id)
	}
	return wrap(ctx, rows.Err())
}
