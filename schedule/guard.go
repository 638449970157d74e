package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"rollcall/model"
	"rollcall/sink"
	"rollcall/sources"
)

// The deletion guard: whether accounts that a complete listing leaves out are
// deleted, or held until the next run or the operator says so.

const (
	// askedOneByOne is how many missing accounts the provider is asked for.
	askedOneByOne = 20
	// fewDeletions within a day are not held for their share, up to half of the
	// connection's accounts.
	fewDeletions = 10
	// half of a connection's accounts, in percent.
	half = 50
)

// A guard judges the missing accounts of one complete listing.
type guard struct {
	run     *sink.Run
	source  sources.Source
	digest  *digester
	name    string  // of the connection
	percent float64 // MAX_DELETE_PERCENT
	allow   bool    // --allow-deletes
	pulse   *pulse
}

// judge returns what is to become of the missing accounts. One that answers as
// closed or suspended is staged as an update and is no longer missing. Where the
// provider cannot be asked, those are deleted that the last complete listing left
// out as well; the others wait.
func (g *guard) judge(ctx context.Context, missing *sink.Missing) (sink.Deletions, error) {
	d := sink.Deletions{Missing: missing, Allow: g.allow}
	if missing.Len() == 0 || g.source.Metadata().MissingBecomesRoot {
		return d, nil
	}
	doubt, asked, err := g.ask(ctx, &d)
	if err != nil || missing.Len() == 0 {
		return d, err
	}
	gone := missing.Len()
	if !asked {
		if gone, err = g.run.MissedBefore(ctx, missing); err != nil {
			return d, err
		}
	}
	if d.Hold = cmp.Or(doubt, g.tooMany(missing, gone)); d.Hold == "" && gone < missing.Len() {
		d.Wait = fmt.Sprintf("%d accounts of %s were left out by one complete listing, and the provider cannot be asked for them one by one: the next complete listing without them deletes them",
			missing.Len()-gone, g.name)
	}
	return d, nil
}

// tooMany returns why the deletion of gone accounts is held, "" where it is not.
func (g *guard) tooMany(m *sink.Missing, gone int64) string {
	lately, all := gone+m.DeletedLately, m.Live+m.DeletedLately
	limit := g.percent
	if lately <= fewDeletions {
		limit = max(half, limit)
	}
	switch {
	case m.Shared() == 0 && !g.run.Brings():
		return fmt.Sprintf("the listing has none of the %d accounts of %s", m.Live, g.name)
	case g.percent == 0:
		return fmt.Sprintf("MAX_DELETE_PERCENT of %s is 0, which holds every deletion", g.name)
	case gone > 0 && float64(lately)*100 > limit*float64(all):
		return fmt.Sprintf("%s would lose %d of %d accounts within 24 hours, more than %g%%", g.name, lately, all, limit)
	}
	return ""
}

// ask asks the provider for some of the missing accounts one by one. It returns
// the doubt that holds all deletions, "" where each one asked for is gone; asked
// is false where the provider cannot be asked.
func (g *guard) ask(ctx context.Context, d *sink.Deletions) (doubt string, asked bool, err error) {
	sample, err := g.run.Sample(ctx, d.Missing, askedOneByOne)
	if err != nil {
		return "", false, err
	}
	asked = true
	for _, account := range sample {
		record, err := g.source.Lookup(ctx, account.ExternalID)
		g.pulse.beat()
		switch {
		case ctx.Err() != nil:
			return "", false, context.Cause(ctx)
		case errors.Is(err, sources.ErrGone):
		case errors.Is(err, sources.ErrNoLookup):
			asked = false
		case err != nil:
			doubt = fmt.Sprintf("%s: a missing account could not be asked for: %v", g.name, err)
		default:
			ended, err := g.ended(ctx, account, &record)
			if err != nil {
				return "", false, err
			}
			if ended {
				d.Missing.Remove(account.ID)
				continue
			}
			d.Alive = append(d.Alive, account.ID)
			doubt = fmt.Sprintf("the listing of %s left out %s, which still exists", g.name, account.ExternalID)
		}
	}
	return doubt, asked, nil
}

// ended stages an account that its provider says is closed or suspended.
func (g *guard) ended(ctx context.Context, account sink.Named, r *sources.Record) (bool, error) {
	b := batch{page: sources.Page{Records: []sources.Record{*r}}}
	g.digest.digest(&b)
	if len(b.records) != 1 || r.ID != account.ExternalID {
		return false, nil // an answer all the same: the account exists
	}
	one := &b.records[0]
	if one.needsStored() {
		stored, err := g.run.Stored(ctx, []string{one.ID})
		if err != nil {
			return false, err
		}
		if err := g.digest.complete(one, stored[one.ID]); err != nil {
			return false, err
		}
	}
	a, _ := accountOf(g.source, one)
	if a.Status != model.Closed && a.Status != model.Suspended {
		return false, nil
	}
	differences, err := g.run.Compare(ctx, []sink.Key{{ExternalID: one.ID, Fingerprint: one.print}})
	if err != nil {
		return false, err
	}
	for _, difference := range differences {
		if err := g.run.Stage(ctx, g.run.Encode(nil, difference, &a)); err != nil {
			return false, err
		}
	}
	return true, nil
}
