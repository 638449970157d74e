package schedule

import (
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
	// neverTooMany deletions within a day are made whatever their share.
	neverTooMany = 10
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
// closed or suspended is staged as an update and is no longer missing.
func (g *guard) judge(ctx context.Context) (sink.Deletions, error) {
	missing, err := g.run.Missing(ctx)
	d := sink.Deletions{Missing: missing, Allow: g.allow}
	if err != nil || missing.Len() == 0 {
		return d, err
	}
	if g.source.Traits().Unlinks {
		if g.elsewhere() && !g.allow {
			d.Missing, d.Hold = nil, g.name+" points at another host than its accounts came from" // none of them is unlinked
		}
		return d, nil
	}
	doubt, err := g.ask(ctx, &d)
	if err != nil || missing.Len() == 0 {
		return d, err
	}
	switch {
	case g.elsewhere():
		d.Hold = fmt.Sprintf("%s points at another host or provider account than its %d accounts came from", g.name, missing.Live)
	case doubt != "":
		d.Hold = doubt
	default:
		d.Hold = g.tooMany(missing)
	}
	return d, nil
}

// elsewhere tells whether the connection reads another place than before.
func (g *guard) elsewhere() bool {
	known := g.run.Identity()
	return known != "" && known != g.source.Traits().Identity
}

// tooMany returns why that many deletions are not dared, "" where they are.
func (g *guard) tooMany(m *sink.Missing) string {
	gone := m.Len()
	if gone == m.Live && !g.run.Brings() {
		return fmt.Sprintf("the listing has none of the %d accounts of %s", m.Live, g.name)
	}
	lately, all := gone+m.DeletedLately, m.Live+m.DeletedLately
	if lately > neverTooMany && float64(lately)*100 > g.percent*float64(all) {
		return fmt.Sprintf("%s would lose %d of %d accounts within 24 hours, more than %g%%", g.name, lately, all, g.percent)
	}
	return ""
}

// ask asks the provider for some of the missing accounts one by one. It returns
// the doubt that holds all deletions, "" where each one asked for is gone.
func (g *guard) ask(ctx context.Context, d *sink.Deletions) (doubt string, err error) {
	sample, err := g.run.Sample(ctx, d.Missing, askedOneByOne)
	if err != nil {
		return "", err
	}
	for _, account := range sample {
		record, err := g.source.Lookup(ctx, account.ExternalID)
		g.pulse.beat()
		switch {
		case ctx.Err() != nil:
			return "", context.Cause(ctx)
		case errors.Is(err, sources.ErrGone):
		case errors.Is(err, sources.ErrNoLookup):
			return "", nil
		case err != nil:
			doubt = fmt.Sprintf("%s: a missing account could not be asked for: %v", g.name, err)
		default:
			ended, err := g.ended(ctx, account, &record)
			if err != nil {
				return "", err
			}
			if ended {
				d.Missing.Remove(account.ID)
				continue
			}
			d.Alive = append(d.Alive, account.ID)
			doubt = fmt.Sprintf("the listing of %s left out %s, which still exists", g.name, account.ExternalID)
		}
	}
	return doubt, nil
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
