package schedule

import (
	"sync"

	"rollcall/model"
	"rollcall/model/canon"
	"rollcall/model/drift"
	"rollcall/model/payload"
	"rollcall/sink"
	"rollcall/sources"
)

// A batch is one page on its way: digested, compared, mapped, staged.
type batch struct {
	page    sources.Page
	news    bool          // it has an account that no page before it had
	ready   chan struct{} // closed once it is digested
	records []digested    // each account once
	arena   []byte        // what canonical of the records lies in
	rejects []sink.Reject

	met   []int     // places in the memory of the chunks that came again
	fresh []stretch // chunks that may be remembered

	mapped chan struct{} // closed once rows, shapes and warned are filled
	rows   []byte        // what differs, encoded for staging
	shapes drift.Shapes  // of what differs
	mark   *sink.Mark    // to be saved once the rows are staged
	warned []warning
}

// digested is a record in canonical form.
type digested struct {
	*sources.Record
	canonical []byte
	print     model.Fingerprint
}

// needsStored tells whether the record has to be laid over what is stored.
func (d *digested) needsStored() bool { return d.Lower || d.KeepParent || d.KeepStatus }

// A warning is a field of one account that could not be stored as sent.
type warning struct {
	model.Warning
	externalID string
}

// Why a record is rejected.
const (
	reasonNoID     = "no id that can be stored"
	reasonOversize = "longer than 4 MiB"
	reasonSyntax   = "not valid JSON"
	reasonSecret   = "an id that contains a credential"
)

// A digester brings records into canonical form. It serves one goroutine.
type digester struct {
	canon    *canon.Canonicalizer
	rules    *canon.Rules
	provider string
	mapping  int
	memory   *sink.ChunkCache // nil where chunks are not remembered
}

func newDigester(provider string, t sources.Metadata, m *sink.ChunkCache) *digester {
	return &digester{canon: canon.New(t.Rules), rules: t.Rules, provider: provider, mapping: t.Mapping, memory: m}
}

// digest fills b's records and rejects, except for chunks that came before. Of
// two records of one account the later counts, but one of lower detail never
// against a full one.
func (d *digester) digest(b *batch) {
	b.arena = takeArena(size(b.page))
	b.records = make([]digested, 0, len(b.page.Records))
	at := make(map[string]int, len(b.page.Records))
	for from := 0; from < len(b.page.Records); {
		to := len(b.page.Records)
		var s stretch
		if d.memory != nil {
			to = from + chunkOf(b.page.Records[from:])
			s.digest = d.chunkDigest(b.page.Records[from:to])
			if place := d.memory.Find(s.digest); place >= 0 && !d.leaks(b.page.Records[from:to]) {
				b.met = append(b.met, place)
				from = to
				continue
			}
		}
		s.from = len(b.records)
		for i := from; i < to; i++ {
			d.take(b, &b.page.Records[i], at)
		}
		s.to = len(b.records)
		if d.memory != nil && s.to-s.from == to-from { // all of them were taken
			b.fresh = append(b.fresh, s)
		}
		from = to
	}
	b.page.Release()
}

// take brings one record into canonical form.
func (d *digester) take(b *batch, r *sources.Record, at map[string]int) {
	from := len(b.arena)
	var reason string
	switch out, err := d.canon.Append(b.arena, r.Raw); {
	case r.Oversize:
		reason = reasonOversize
	case err != nil:
		reason = reasonSyntax
	case r.ID == "":
		b.arena, reason = out, reasonNoID
	case d.canon.HasSecret(r.ID):
		b.arena, reason = out, reasonSecret
	default:
		b.arena = out
	}
	if r.Parent != "" && d.canon.HasSecret(r.Parent) {
		r.Parent = canon.Redacted // which accountOf warns of
	}
	canonical := b.arena[from:len(b.arena):len(b.arena)]
	if reason != "" {
		b.rejects = append(b.rejects, sink.Reject{ExternalID: r.ID, Unnamed: reason == reasonSecret, Reason: reason, Payload: canonical})
		return
	}
	one := digested{Record: r, canonical: canonical, print: d.print(r, canonical)}
	if other, twice := at[r.ID]; !twice {
		at[r.ID] = len(b.records)
		b.records = append(b.records, one)
	} else if !r.Lower || b.records[other].Lower {
		b.records[other] = one
	}
}

// arenas holds the memory of batches that are done with.
var arenas = sync.Pool{New: func() any { return new([]byte) }}

// maxArena is the largest memory, in bytes, that is kept for another batch.
const maxArena = 4 << 20

func takeArena(size int) []byte {
	b := *arenas.Get().(*[]byte)
	if cap(b) < size {
		b = make([]byte, 0, size+size/8)
	}
	return b[:0]
}

// release gives the memory of the batch back, once it is staged.
func (b *batch) release() {
	for _, memory := range [][]byte{b.arena, b.rows} {
		if cap(memory) > 0 && cap(memory) <= maxArena {
			arenas.Put(&memory)
		}
	}
	b.records, b.arena, b.rows, b.shapes = nil, nil, nil, nil
}

// print is the fingerprint of the object that was made canonical last.
func (d *digester) print(r *sources.Record, canonical []byte) model.Fingerprint {
	return d.canon.Fingerprint(canonical, canon.Facts{
		Provider: d.provider, Mapping: d.mapping, Parent: r.Parent, Status: r.Status,
	})
}

// complete lays a record over what the directory has of its account.
func (d *digester) complete(one *digested, stored sink.Facts) error {
	if one.KeepParent {
		one.Parent = stored.Parent
	}
	if one.KeepStatus && stored.Status != "" {
		one.Status = stored.Status
	}
	raw := one.canonical
	if one.Lower && stored.Payload != nil {
		raw = canon.Overlay(stored.Payload, one.canonical)
	}
	canonical, err := d.canon.Append(nil, raw)
	if err != nil {
		return err
	}
	one.canonical, one.print = canonical, d.print(one.Record, canonical)
	return nil
}

func size(p sources.Page) (n int) {
	for i := range p.Records {
		n += len(p.Records[i].Raw)
	}
	return n
}

// accountOf maps one record to the canonical account.
func accountOf(source sources.Source, one *digested) (model.Account, []model.Warning) {
	var warnings []model.Warning
	a := source.Map(payload.Read(one.canonical, &warnings))
	a.ExternalID = one.ID
	a.Payload = one.canonical
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
