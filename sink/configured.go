package sink

import (
	"context"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Configured notes which connections there are now, for source_health: one
// that is no longer configured grows old without being at fault.
func Configured(ctx context.Context, db *sqlx.DB, names []string) error {
	_, err := db.ExecContext(ctx, `UPDATE directory_internal.connection
		SET configured = (name = ANY ($1)) WHERE configured <> (name = ANY ($1))`, pq.Array(names))
	return wrap(ctx, err)
}
