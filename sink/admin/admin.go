// Package admin maintains the directory outside of runs: it erases, renames and
// retires what a person names, removes old rows, and examines the database.
package admin

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"sync"

	"github.com/jmoiron/sqlx"

	"rollcall/sink"
)

//go:embed sql/*.sql
var files embed.FS

var statements = sync.OnceValue(func() map[string]string { return sink.LoadStatements(files) })

func statement(name string) string { return statements()[name] }

// An UnknownError is a connection that the directory does not have.
type UnknownError struct{ Source string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("the directory knows no connection %q: rollcall connections lists those that it knows", e.Source)
}

// providerOf returns the provider of a connection that was run before.
func providerOf(ctx context.Context, db *sqlx.DB, source string) (provider string, err error) {
	err = db.GetContext(ctx, &provider, `SELECT provider FROM directory_internal.connection WHERE name = $1`, source)
	if errors.Is(err, sql.ErrNoRows) {
		return "", &UnknownError{source}
	}
	return provider, sink.Wrap(ctx, err)
}

// exclusively is sink.Exclusively for a connection that was run before.
func exclusively(ctx context.Context, db *sqlx.DB, source string, work func(*sink.Exclusive) error) error {
	provider, err := providerOf(ctx, db, source)
	if err != nil {
		return err
	}
	return explainBusy(source, sink.Exclusively(ctx, db, source, provider, work))
}

// explainBusy adds the next step to the error of a connection that a run holds.
func explainBusy(source string, err error) error {
	if !errors.Is(err, sink.ErrBusy) {
		return err
	}
	return fmt.Errorf("a run of %s is in progress (%w): try again once it has ended (rollcall runs --source %s)", source, err, source)
}
