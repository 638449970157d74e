package sink

import (
	"context"

	"github.com/lib/pq"
)

// reject files the run's rejects, and resolves those that no longer apply.
func (a *applying) reject(ctx context.Context) error {
	if a.staging.rejects > 0 {
		if err := a.tx.GetContext(ctx, &a.seen.noID, statement("count_rejects_without_account"), a.staging.runID); err != nil {
			return err
		}
		if _, err := a.exec(ctx, "record_rejects", a.ID, a.instant, a.staging.runID); err != nil {
			return err
		}
		if err := a.staging.deleteRejects(ctx, a.tx); err != nil {
			return err
		}
	}
	var err error
	switch a.o.Mode {
	case RetireConnection, RetireAccount:
		_, err = a.exec(ctx, "resolve_retired", a.Source, a.instant, a.o.Mode == RetireConnection)
	case Replay:
		_, err = a.exec(ctx, "resolve_replayed", a.Source, a.o.IDMember, a.instant)
	case WholeListing:
		_, err = a.exec(ctx, "resolve_unseen", a.Source, a.ID, a.instant)
	default:
		err = a.resolveTaken(ctx)
	}
	return err
}

// resolveTaken resolves the rejects of accounts that a part of a listing
// has in a valid form.
func (a *applying) resolveTaken(ctx context.Context) error {
	if a.staging.seq > 0 {
		if _, err := a.exec(ctx, "resolve_staged", a.Source, a.ID, a.instant, a.staging.runID); err != nil {
			return err
		}
	}
	open, err := readIDs(ctx, a.tx, statement("open_rejects"), a.Source, a.ID)
	if err != nil {
		return err
	}
	open.And(a.seen.known)
	return inBatches(open, func(ids pq.Int64Array) error {
		_, err := a.exec(ctx, "resolve_seen", a.Source, a.ID, a.instant, ids)
		return err
	})
}
