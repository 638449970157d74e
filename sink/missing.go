package sink

import (
	"context"
	"math/rand/v2"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/lib/pq"
)

// Missing are the live accounts of a source that a listing left out.
type Missing struct {
	ids  *roaring64.Bitmap
	Live int64 // accounts of the source that were live, these included

	// DeletedLately is how many accounts of the source were deleted within the
	// last 24 hours and are still.
	DeletedLately int64
}

// Len returns how many accounts are missing.
func (m *Missing) Len() int64 { return int64(m.ids.GetCardinality()) }

// Shared returns how many of the live accounts the listing has.
func (m *Missing) Shared() int64 { return m.Live - m.Len() }

// Remove takes an account that turned out to be there off the missing ones.
func (m *Missing) Remove(id int64) { m.ids.Remove(uint64(id)) }

// Missing returns the live accounts that the run has not seen. Where as many were
// seen as are live, it reads none.
func (r *Run) Missing(ctx context.Context) (*Missing, error) {
	m := &Missing{ids: roaring64.New()}
	err := r.conn.QueryRowContext(ctx, statement("count_live"), r.Source).Scan(&m.Live, &m.DeletedLately)
	if err != nil || r.seen.live() == m.Live {
		return m, wrap(ctx, err)
	}
	m.ids, err = readIDs(ctx, r.conn, `SELECT id FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL`, r.Source)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	m.ids.AndNot(r.seen.known)
	return m, nil
}

// LiveAccount returns the account as a missing one; where it is not live, none.
func (r *Run) LiveAccount(ctx context.Context, id int64) (*Missing, error) {
	ids, err := readIDs(ctx, r.conn, `SELECT id FROM directory.accounts WHERE source = $1 AND id = $2 AND deleted_at IS NULL`, r.Source, id)
	return &Missing{ids: ids}, wrap(ctx, err)
}

// held returns the accounts in held_deletions: live accounts that the last complete
// listing left out.
func (r *Run) held(ctx context.Context) (*roaring64.Bitmap, error) {
	return readIDs(ctx, r.conn, `SELECT account_id FROM directory.held_deletions WHERE source = $1`, r.Source)
}

// MissedBefore returns how many of the missing accounts the last complete
// listing left out, too.
func (r *Run) MissedBefore(ctx context.Context, m *Missing) (int64, error) {
	held, err := r.held(ctx)
	if err != nil {
		return 0, wrap(ctx, err)
	}
	return int64(held.AndCardinality(m.ids)), nil
}

// A Named is an account by both of its ids.
type Named struct {
	ID         int64  `db:"id"`
	ExternalID string `db:"external_id"`
}

// Sample draws up to n of the missing accounts at random.
func (r *Run) Sample(ctx context.Context, m *Missing, n int) ([]Named, error) {
	total := m.ids.GetCardinality()
	drawn := map[uint64]bool{}
	var ids []int64
	for len(ids) < n && uint64(len(ids)) < total {
		place := rand.Uint64N(total)
		if drawn[place] {
			continue
		}
		drawn[place] = true
		id, err := m.ids.Select(place)
		if err != nil {
			return nil, err
		}
		ids = append(ids, int64(id))
	}
	var list []Named
	err := r.conn.SelectContext(ctx, &list, `SELECT id, external_id FROM directory.accounts WHERE id = ANY ($1)`, pq.Array(ids))
	return list, wrap(ctx, err)
}
