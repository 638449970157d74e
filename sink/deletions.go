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

// loadMissing puts the missing accounts into a table to join with.
func (a *applying) loadMissing(ctx context.Context) error {
	if a.missing() == 0 {
		return nil
	}
	return inBatches(a.o.Deletions.Missing.ids, func(ids pq.Int64Array) error {
		_, err := a.tx.ExecContext(ctx, `INSERT INTO pg_temp.missing SELECT pg_catalog.unnest($1::bigint[])`, ids)
		return err
	})
}

// chooseDeletions decides which of the missing accounts are deleted; the others are
// held.
func (a *applying) chooseDeletions(ctx context.Context) error {
	d := a.o.Deletions
	if a.missing() == 0 || a.o.MissingBecomesRoot || d.Hold != "" && !d.Allow {
		return nil
	}
	n, err := a.exec(ctx, "choose_deletions", pq.Array(d.Alive), d.Hold == "" && d.Wait == "", a.Source)
	a.report.Deleted = n
	return err
}

// hold updates held_deletions: after a whole listing it has the missing accounts
// that were not deleted.
func (a *applying) hold(ctx context.Context) error {
	if a.o.Mode.retires() {
		_, err := a.exec(ctx, "release_deleted", a.Source)
		return err
	}
	if a.o.Mode != WholeListing {
		return a.unhold(ctx)
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

// unhold removes the accounts that an incomplete listing has from held_deletions:
// they are not missing, and the next complete listing without them is the first.
// A replay says nothing about the provider.
func (a *applying) unhold(ctx context.Context) error {
	if a.o.Mode == Replay {
		return nil
	}
	held, err := a.held(ctx)
	if err != nil {
		return err
	}
	held.And(a.seen.known)
	if held.IsEmpty() {
		return nil
	}
	_, err = a.tx.ExecContext(ctx, `DELETE FROM directory.held_deletions WHERE source = $1 AND account_id = ANY ($2)`, a.Source, pq.Array(held.ToArray()))
	return err
}

// summarize completes the report.
func (a *applying) summarize() {
	c := &a.report.Counts
	c.Pages = a.o.Pages
	c.Rejected = a.staging.rejects
	c.Fetched = a.staging.resumed.unchanged + int64(a.seen.known.GetCardinality()) + c.Created + a.seen.noID
	c.Unchanged = max(0, c.Fetched-c.Created-c.Rejected-(c.Updated+c.Moved+c.Restored-a.unlinked))
	a.report.Status = "succeeded"
	switch {
	case a.o.Mode == PartialListing:
		a.report.Status = "partial"
	case c.Held > 0:
		a.report.Status = "held"
	default:
		return // deletions that would be held were allowed
	}
	a.report.Error = a.o.Error
}

// finish deletes what was staged and ends the run's row.
func (a *applying) finish(ctx context.Context) error {
	a.summarize()
	c := a.report.Counts
	if err := a.staging.clearApplied(ctx, a.tx); err != nil {
		return err
	}
	if err := a.staging.dropCheckpoints(ctx, a.tx); err != nil {
		return err
	}
	adopt := a.o.Mode.lists() && a.o.Identity != a.identity
	if c.Changed() || adopt {
		if _, err := a.exec(ctx, "record_applied", a.connection, a.Source, a.ID, a.instant, adopt, a.o.Identity, c.Changed()); err != nil {
			return err
		}
	}
	if err := a.saveChunks(ctx); err != nil {
		return err
	}
	args := []any{a.ID, a.report.Status, a.o.Mode == WholeListing}
	for _, n := range c.Each() {
		args = append(args, n)
	}
	_, err := a.exec(ctx, "finish_run", append(args, a.report.Error)...)
	if err != nil || !c.Changed() {
		return err
	}
	// Last, since its row stays locked until the commit.
	_, err = a.exec(ctx, "assign_applied_seq", a.ID)
	return err
}
