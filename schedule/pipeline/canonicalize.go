package pipeline

import (
	"context"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/payload"
	"rollcall/sink"
	"rollcall/sources"
)

// A canonical is a record in canonical form.
type canonical struct {
	*sources.Record
	object []byte
	print  model.Fingerprint
}

// needsStored reports whether the record has to be laid over what is stored.
func (c *canonical) needsStored() bool { return c.Lower || c.KeepParent || c.KeepStatus }

func (c *canonical) key() sink.Key {
	return sink.Key{ExternalID: c.ID, Fingerprint: c.print, Lower: c.Lower}
}

// Why a record is rejected.
const (
	reasonNoID     = "no id that can be stored"
	reasonOversize = "longer than 4 MiB"
	reasonSyntax   = "not valid JSON"
	reasonSecret   = "an id that contains a credential"
)

// A canonicalizer brings records into canonical form. It serves one goroutine.
type canonicalizer struct {
	*run
	canon  *canon.Canonicalizer
	tag    uint32 // of the credentials that are known
	tagged bool   // it covers all of them
}

func (p *run) newCanonicalizer() *canonicalizer {
	return &canonicalizer{run: p, canon: canon.New(p.metadata.Rules)}
}

// canonicalize fills b's records and rejects, except for chunks that came before.
func (p *run) canonicalize(_ context.Context, b *batch) (*batch, error) {
	var c *canonicalizer
	select {
	case c = <-p.spare:
	default:
		c = p.newCanonicalizer()
	}
	if p.memory != nil { // for each page: a credential may have been obtained since the last one
		c.tag, c.tagged = p.metadata.Rules.SecretsTag()
	}
	c.fill(b)
	select {
	case p.spare <- c:
	default:
	}
	return b, nil
}

// fill fills b's records and rejects, except for chunks that came before. Of two
// records of one account the later counts, but one of lower detail never against
// a full one.
func (c *canonicalizer) fill(b *batch) {
	records := b.page.Records
	b.records = make([]canonical, 0, len(records))
	var objects []byte
	at := make(map[string]int, len(records))
	for from := 0; from < len(records); {
		to := len(records)
		var s stretch
		if c.memory != nil {
			to = from + chunkOf(records[from:])
			s.digest = c.chunkDigest(records[from:to])
			if place := c.memory.Find(s.digest); place >= 0 && !c.leaks(records[from:to]) {
				b.met = append(b.met, place)
				from = to
				continue
			}
		}
		s.from = len(b.records)
		for i := from; i < to; i++ {
			objects = c.take(b, objects, &records[i], at)
		}
		s.to = len(b.records)
		if c.memory != nil && s.to-s.from == to-from { // all of them were taken
			b.fresh = append(b.fresh, s)
		}
		from = to
	}
	for i := range records {
		records[i].Raw = nil // the canonical object replaces it
	}
}

// objectBlock is how many bytes of objects are allocated at once.
const objectBlock = 64 << 10

// take brings one record into canonical form, in the block of objects or in a
// new one, which it returns.
func (c *canonicalizer) take(b *batch, objects []byte, r *sources.Record, at map[string]int) []byte {
	if room := len(r.Raw) + len(r.Raw)/8; cap(objects)-len(objects) < room {
		objects = make([]byte, 0, max(objectBlock, room))
	}
	from := len(objects)
	var reason string
	switch out, err := c.canon.Append(objects, r.Raw); {
	case r.Oversize:
		reason = reasonOversize
	case err != nil:
		reason = reasonSyntax
	case r.ID == "":
		objects, reason = out, reasonNoID
	case c.canon.HasSecret(r.ID):
		objects, reason = out, reasonSecret
	default:
		objects = out
	}
	if r.Parent != "" && c.canon.HasSecret(r.Parent) {
		r.Parent = canon.Redacted // which accountOf warns of
	}
	object := objects[from:len(objects):len(objects)]
	if reason != "" {
		b.rejects = append(b.rejects, sink.Reject{ExternalID: r.ID, Unnamed: reason == reasonSecret, Reason: reason, Payload: object})
		return objects
	}
	one := canonical{Record: r, object: object, print: c.print(r, object)}
	if other, twice := at[r.ID]; !twice {
		at[r.ID] = len(b.records)
		b.records = append(b.records, one)
	} else if !r.Lower || b.records[other].Lower {
		b.records[other] = one
	}
	return objects
}

// print is the fingerprint of the object that was made canonical last.
func (c *canonicalizer) print(r *sources.Record, object []byte) model.Fingerprint {
	return c.canon.Fingerprint(object, canon.Facts{
		Provider: c.connection.Provider, Mapping: c.metadata.Mapping, Parent: r.Parent, Status: r.Status,
	})
}

// overlay lays records of less than full detail over what is stored of their
// accounts.
func (c *canonicalizer) overlay(ctx context.Context, records []canonical) error {
	var ids []string
	for i := range records {
		if records[i].needsStored() {
			ids = append(ids, records[i].ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	all, err := c.session.Stored(ctx, ids)
	if err != nil {
		return err
	}
	for i := range records {
		one := &records[i]
		if !one.needsStored() {
			continue
		}
		stored := all[one.ID]
		if one.KeepParent {
			one.Parent = stored.Parent
		}
		if one.KeepStatus && stored.Status != "" {
			one.Status = stored.Status
		}
		raw := one.object
		if one.Lower && stored.Payload != nil {
			raw = canon.Overlay(stored.Payload, one.object)
		}
		if one.object, err = c.canon.Append(nil, raw); err != nil {
			return err
		}
		one.print = c.print(one.Record, one.object)
	}
	return nil
}

// accountOf maps one record to the canonical account.
func accountOf(source sources.Source, one *canonical) (model.Account, []model.Warning) {
	var warnings []model.Warning
	a := source.Map(payload.Read(one.object, &warnings))
	a.ExternalID = one.ID
	a.Payload = one.object
	a.Fingerprint = one.print
	if one.Parent != "" {
		a.Parent = one.Parent
	}
	if one.Status != "" {
		a.Status = one.Status
	}
	if canon.IsRedacted(a.Parent) {
		a.Parent = ""
		warnings = append(warnings, model.Warning{Field: "parent_external_id", Problem: "contains a credential"})
	}
	return a, warnings
}
