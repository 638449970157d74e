package sink

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/lib/pq"
)

// reject files the records that could not be taken, and resolves those that a
// complete run met no more.
func (a *applying) reject(ctx context.Context) error {
	if a.rejects > 0 {
		if err := a.tx.GetContext(ctx, &a.noID, statement("count_rejects_without_account"), a.stagedBy); err != nil {
			return err
		}
		if _, err := a.exec(ctx, "record_rejects", a.ID, a.instant, a.stagedBy); err != nil {
			return err
		}
		if _, err := a.tx.ExecContext(ctx, `DELETE FROM directory_internal.staged_reject WHERE run_id = $1`, a.stagedBy); err != nil {
			return err
		}
	}
	if a.o.ByHand {
		_, err := a.exec(ctx, "resolve_retired", a.Source, a.instant, a.o.Retired)
		return err
	}
	if a.o.Replay {
		_, err := a.exec(ctx, "resolve_replayed", a.Source, a.o.IDMember, a.instant)
		return err
	}
	if a.o.Complete {
		_, err := a.exec(ctx, "resolve_unseen", a.Source, a.ID, a.instant)
		return err
	}
	return a.resolveTaken(ctx)
}

// resolveBatch is how many accounts have their rejects resolved by one statement.
const resolveBatch = 10_000

// resolveTaken resolves the rejects of accounts that a part of a listing
// brought in good order.
func (a *applying) resolveTaken(ctx context.Context) error {
	if a.seq > 0 {
		if _, err := a.exec(ctx, "resolve_staged", a.Source, a.ID, a.instant, a.stagedBy); err != nil {
			return err
		}
	}
	seen, err := a.openRejects(ctx)
	if err != nil {
		return err
	}
	seen.And(a.seen)
	ids := make([]uint64, resolveBatch)
	for each := seen.ManyIterator(); ; {
		n := each.NextMany(ids)
		if n == 0 {
			return nil
		}
		batch := make(pq.Int64Array, n)
		for i, id := range ids[:n] {
			batch[i] = int64(id)
		}
		if _, err := a.exec(ctx, "resolve_seen", a.Source, a.ID, a.instant, batch); err != nil {
			return err
		}
	}
}

// openRejects returns the accounts with rejects that are open.
func (a *applying) openRejects(ctx context.Context) (*roaring64.Bitmap, error) {
	rows, err := a.tx.QueryContext(ctx, statement("open_rejects"), a.Source, a.ID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	open := roaring64.New()
	for rows.Next() {
		var id uint64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		open.Add(id)
	}
	return open, rows.Err()
}
