package reader

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// An Account names one account of the directory.
type Account struct {
	ID     int64
	Source string
}

// A Reference is how people name an account: by the directory's id, or by
// source and external id.
type Reference struct {
	id                 sql.NullInt64
	source, externalID string
}

// ParseReference reads the directory's id or source/external_id. An external id
// may contain a slash; the name of a source does not.
func ParseReference(text string) (r Reference, err error) {
	if source, externalID, named := strings.Cut(text, "/"); named && source != "" && externalID != "" {
		return Reference{source: source, externalID: externalID}, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return r, fmt.Errorf("%q is no account: give the directory's id (such as 42) or source/external_id (such as acme/AC123)", text)
	}
	return Reference{id: sql.NullInt64{Int64: id, Valid: true}}, nil
}

func (r Reference) String() string {
	if r.id.Valid {
		return strconv.FormatInt(r.id.Int64, 10)
	}
	return r.source + "/" + r.externalID
}

// Find looks an account up, deleted or not.
func Find(ctx context.Context, db *sqlx.DB, r Reference) (a Account, err error) {
	err = db.QueryRowContext(ctx, statement("find"), r.id, r.source, r.externalID).Scan(&a.ID, &a.Source)
	if errors.Is(err, sql.ErrNoRows) {
		if !r.id.Valid {
			unknown, err := Unknown(ctx, db, []string{r.source})
			if err != nil {
				return a, err
			}
			if unknown != "" {
				return a, fmt.Errorf("the directory has no account %s: %s", r, unknown)
			}
		}
		return a, fmt.Errorf("the directory has no account %s: look for it with rollcall accounts --deleted --search TEXT", r)
	}
	return a, explain(ctx, err)
}
