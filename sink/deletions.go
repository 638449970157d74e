package sink

import (
	"cmp"
	"context"

	"github.com/lib/pq"
)

// missing returns how many accounts the listing left out.
func (a *applying) missing() int64 {
	if a.o.Deletions.Missing == nil {
		return 0
	}
	return a.o.Deletions.Missing.Len()
}

// missingChunk is how many ids go to Postgres in one array.
const missingChunk = 10_000

// loadMissing puts the missing accounts into a table to join with.
func (a *applying) loadMissing(ctx context.Context) error {
	if a.missing() == 0 {
		return nil
	}
	ids := make([]int64, 0, missingChunk)
	flush := func() error {
		_, err := a.tx.ExecContext(ctx, `INSERT INTO pg_temp.missing SELECT pg_catalog.unnest($1::bigint[])`, pq.Array(ids))
		ids = ids[:0]
		return err
	}
	for it := a.o.Deletions.Missing.ids.Iterator(); it.HasNext(); {
		if ids = append(ids, int64(it.Next())); len(ids) == missingChunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// delete notes which of the missing accounts are deleted; the others are held.
func (a *applying) delete(ctx context.Context) error {
	d := a.o.Deletions
	if a.missing() == 0 || a.o.MissingBecomesRoot || d.Hold != "" && !d.Allow {
		return nil
	}
	n, err := a.exec(ctx, "choose_deletions", pq.Array(d.Alive), d.Hold == "" && d.Wait == "", a.Source)
	a.report.Deleted = n
	return err
}

// hold keeps held_deletions as what this run, if it was complete, did not dare.
func (a *applying) hold(ctx context.Context) error {
	if a.o.ByHand {
		_, err := a.exec(ctx, "release_deleted", a.Source)
		return err
	}
	if !a.o.Complete {
		return a.release(ctx)
	}
	if a.missing() == 0 || a.o.MissingBecomesRoot {
		_, err := a.tx.ExecContext(ctx, `DELETE FROM directory.held_deletions WHERE source = $1`, a.Source)
		return err
	}
	if _, err := a.exec(ctx, "release_found", a.Source); err != nil {
		return err
	}
	reason := cmp.Or(a.o.Deletions.Hold, a.o.Deletions.Wait)
	if reason == "" {
		return nil
	}
	n, err := a.exec(ctx, "hold", a.Source, a.ID, a.instant, reason)
	a.report.Held = n
	return err
}

// release takes the accounts that an incomplete listing has off held_deletions:
// they are not missing, and the next complete listing without them is the first.
// A replay lists what is stored and shows no account at the provider.
func (a *applying) release(ctx context.Context) error {
	if a.o.Replay {
		return nil
	}
	held, err := a.held(ctx)
	if err != nil {
		return err
	}
	held.And(a.seen)
	if held.IsEmpty() {
		return nil
	}
	_, err = a.tx.ExecContext(ctx, `DELETE FROM directory.held_deletions WHERE source = $1 AND account_id = ANY ($2)`, a.Source, pq.Array(held.ToArray()))
	return err
}

// sumUp completes the report.
func (a *applying) sumUp() {
	c := &a.report.Counts
	c.Pages = a.o.Pages
	c.Rejected = a.rejects
	c.Fetched = a.resumed.unchanged + int64(a.seen.GetCardinality()) + c.Created + a.noID
	c.Unchanged = max(0, c.Fetched-c.Created-c.Rejected-(c.Updated+c.Moved+c.Restored-a.unlinked))
	a.report.Status = "succeeded"
	switch {
	case a.o.Partial:
		a.report.Status = "partial"
	case c.Held > 0:
		a.report.Status = "held"
	default:
		return // what would have been held was allowed
	}
	a.report.Error = a.o.Error
}

// finish closes the run's row and clears what was staged.
func (a *applying) finish(ctx context.Context) error {
	a.sumUp()
	c := a.report.Counts
	if err := a.clearStaged(ctx); err != nil {
		return err
	}
	if err := a.voidCheckpoints(ctx); err != nil {
		return err
	}
	if c.Changed() || a.o.Adopt {
		if _, err := a.exec(ctx, "record_applied", a.connection, a.Source, a.ID, a.instant, a.o.Adopt, a.o.Identity, c.Changed()); err != nil {
			return err
		}
	}
	if err := a.remember(ctx); err != nil {
		return err
	}
	_, err := a.exec(ctx, "finish_run", a.ID, a.report.Status, a.o.Complete, c.Pages, c.Fetched, c.Created, c.Updated, c.Moved,
		c.Deleted, c.Restored, c.Unchanged, c.Rejected, c.Held, a.report.Error)
	if err != nil || !c.Changed() {
		return err
	}
	// Last, since its row stays locked until the commit.
	_, err = a.exec(ctx, "assign_applied_seq", a.ID)
	return err
}
