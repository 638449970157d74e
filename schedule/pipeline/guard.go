package pipeline

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
	// lookedUp is how many missing accounts are looked up at the provider.
	lookedUp = 20
	// fewDeletions within a day are not held for their share, up to half of the
	// connection's accounts.
	fewDeletions = 10
	// half of a connection's accounts, in percent.
	half = 50
)

// judge returns what is to become of the accounts that a complete listing left
// out. Where the connection reads another host or provider account than before,
// what it read must be the same tenant's.
func (p *run) judge(ctx context.Context) (sink.Deletions, error) {
	elsewhere := p.options.Kind != Replay && Moved(p.session.Identity(), p.metadata.Identity)
	if !p.complete() && !elsewhere {
		return sink.Deletions{}, nil
	}
	missing, err := p.session.Missing(ctx)
	if err == nil && elsewhere {
		err = p.checkTenant(missing)
	}
	if err != nil || !p.complete() {
		return sink.Deletions{}, err
	}
	return p.judgeMissing(ctx, missing)
}

// judgeMissing decides which missing accounts are deleted, held or left for the
// next listing. One that answers as closed or suspended is staged as an update and
// is no longer missing. Where the provider has no lookup, those are deleted
// that the last complete listing left out as well; the others wait.
func (p *run) judgeMissing(ctx context.Context, missing *sink.Missing) (sink.Deletions, error) {
	d := sink.Deletions{Missing: missing, Allow: p.options.Kind == AllowDeletes}
	if missing.Len() == 0 || p.metadata.MissingBecomesRoot {
		return d, nil
	}
	doubt, able, err := p.lookUp(ctx, &d)
	if err != nil || missing.Len() == 0 {
		return d, err
	}
	gone := missing.Len()
	if !able {
		if gone, err = p.session.MissedBefore(ctx, missing); err != nil {
			return d, err
		}
	}
	if d.Hold = cmp.Or(doubt, p.tooMany(missing, gone)); d.Hold == "" && gone < missing.Len() {
		d.Wait = fmt.Sprintf("%d accounts of %s were left out by one complete listing, and the provider has no lookup of a single account: the next complete listing without them deletes them",
			missing.Len()-gone, p.session.Source)
	}
	return d, nil
}

// tooMany returns why the deletion of gone accounts is held, "" where it is not.
func (p *run) tooMany(m *sink.Missing, gone int64) string {
	lately, all := gone+m.DeletedLately, m.Live+m.DeletedLately
	limit := p.connection.MaxDeletePercent
	if lately <= fewDeletions {
		limit = max(half, limit)
	}
	switch {
	case m.Shared() == 0 && !p.session.Brings():
		return fmt.Sprintf("the listing has none of the %d accounts of %s", m.Live, p.session.Source)
	case p.connection.MaxDeletePercent == 0:
		return fmt.Sprintf("MAX_DELETE_PERCENT of %s is 0, which holds every deletion", p.session.Source)
	case gone > 0 && float64(lately)*100 > limit*float64(all):
		return fmt.Sprintf("%s would lose %d of %d accounts within 24 hours, more than %g%%", p.session.Source, lately, all, limit)
	}
	return ""
}

// lookUp looks up some of the missing accounts at the provider. It returns the
// doubt that holds all deletions, "" where the provider says of each one that it is
// deleted; able is false where the provider has no lookup.
func (p *run) lookUp(ctx context.Context, d *sink.Deletions) (doubt string, able bool, err error) {
	sample, err := p.session.Sample(ctx, d.Missing, lookedUp)
	if err != nil {
		return "", false, err
	}
	able = true
	for _, account := range sample {
		record, err := p.source.Lookup(ctx, account.ExternalID)
		p.watchdog.beat()
		switch {
		case ctx.Err() != nil:
			return "", false, context.Cause(ctx)
		case errors.Is(err, sources.ErrGone):
		case errors.Is(err, sources.ErrNoLookup):
			able = false
		case err != nil:
			doubt = fmt.Sprintf("%s: a missing account could not be looked up: %v", p.session.Source, err)
		default:
			ended, err := p.ended(ctx, account, &record)
			if err != nil {
				return "", false, err
			}
			if ended {
				d.Missing.Remove(account.ID)
				continue
			}
			d.Alive = append(d.Alive, account.ID)
			doubt = fmt.Sprintf("the listing of %s left out %s, which still exists", p.session.Source, account.ExternalID)
		}
	}
	return doubt, able, nil
}

// ended stages an account that its provider says is closed or suspended, and
// reports whether it is.
func (p *run) ended(ctx context.Context, account sink.Named, r *sources.Record) (bool, error) {
	b := batch{page: sources.Page{Records: []sources.Record{*r}}}
	p.canon.fill(&b)
	if len(b.records) != 1 || r.ID != account.ExternalID {
		return false, nil // an answer all the same: the account exists
	}
	if err := p.canon.overlay(ctx, b.records); err != nil {
		return false, err
	}
	one := &b.records[0]
	a, _ := accountOf(p.source, one)
	if a.Status != model.Closed && a.Status != model.Suspended {
		return false, nil
	}
	differences, err := p.session.Compare(ctx, []sink.Key{one.key()})
	if err != nil {
		return false, err
	}
	for _, difference := range differences {
		if err := p.session.Stage(ctx, p.session.Encode(nil, difference, &a)); err != nil {
			return false, err
		}
	}
	return true, nil
}
