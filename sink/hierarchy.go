package sink

import (
	"context"
	"math/bits"
)

// place computes parent, root, depth and path of new and moved accounts and of all
// their descendants. No order of arrival is assumed. It runs before the rows are
// written, so that each is written once.
func (a *applying) place(ctx context.Context) error {
	if a.seen.created == 0 && !a.relinked {
		return nil
	}
	var links int64
	for _, name := range []string{"link_new", "link_moved", "link_orphans", "link_below"} {
		args := []any{a.staging.runID, a.Source}
		if name == "link_below" {
			if !a.replaced {
				break // new accounts have no known descendants
			}
			args = nil
		}
		n, err := a.exec(ctx, name, args...)
		if err != nil {
			return err
		}
		if links += n; name != "link_new" && n > 0 {
			a.replaced = true
		}
	}
	if links == 0 {
		return nil
	}
	if links >= analyzeFrom {
		if _, err := a.tx.ExecContext(ctx, `ANALYZE pg_temp.link`); err != nil {
			return err
		}
	}
	// Two records of one account may name different parents, one of them below the
	// account itself: the descent would not end.
	var twice bool
	if err := a.tx.GetContext(ctx, &twice, `SELECT EXISTS (SELECT FROM pg_temp.link GROUP BY account_id HAVING pg_catalog.count(*) > 1)`); err != nil {
		return err
	}
	if twice {
		return errRepeated
	}
	placed, err := a.exec(ctx, "place")
	if err != nil {
		return err
	}
	if placed < links {
		if err := a.breakCycles(ctx, links-placed); err != nil {
			return err
		}
	}
	if links >= analyzeFrom {
		_, err = a.tx.ExecContext(ctx, `ANALYZE pg_temp.placement (account_id)`)
	}
	return err
}

// maxCyclesReported is how many of the broken cycles a report names.
const maxCyclesReported = 20

// breakCycles cuts each cycle among the unplaced accounts at its smallest
// external id and places them all again. Every unplaced account has one parent,
// also unplaced, so that following parents ends on a cycle: by pointer doubling
// it takes log2(n) statements, however long the cycles are.
func (a *applying) breakCycles(ctx context.Context, unplaced int64) error {
	if _, err := a.exec(ctx, "hop_begin"); err != nil {
		return err
	}
	for range bits.Len64(uint64(unplaced)) {
		if _, err := a.exec(ctx, "hop_double"); err != nil {
			return err
		}
	}
	var id string
	err := eachRow(ctx, a.tx, statement("cut_cycles"), nil, func() error {
		if a.report.Cycles++; len(a.report.CyclesAt) < maxCyclesReported {
			a.report.CyclesAt = append(a.report.CyclesAt, id)
		}
		return nil
	}, &id)
	if err != nil {
		return err
	}
	if _, err := a.tx.ExecContext(ctx, `DELETE FROM pg_temp.placement`); err != nil {
		return err
	}
	_, err = a.exec(ctx, "place")
	return err
}
