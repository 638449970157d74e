package sources

import "sync"

// Sizes at which a batch is handed on: large enough that one statement a batch
// costs little, small enough that a few of them in flight stay within memory.
const (
	batchRecords = 1000
	batchBytes   = 1 << 20
)

// A Batch gathers records into pages of bounded size, copying what they hold,
// for a List that reads a body as a stream.
type Batch struct {
	records []Record
	arena   []byte
}

// Add copies r into the batch and tells whether the batch is full and should be
// yielded.
func (b *Batch) Add(r Record) bool {
	if b.arena == nil {
		b.arena = *arenas.Get().(*[]byte)
		b.records = make([]Record, 0, batchRecords)
	}
	// A grown arena leaves earlier records in the old one, where they stay good.
	from := len(b.arena)
	b.arena = append(b.arena, r.Raw...)
	r.Raw = b.arena[from:len(b.arena):len(b.arena)]
	b.records = append(b.records, r)
	return len(b.records) >= batchRecords || len(b.arena) >= batchBytes
}

// Take returns the gathered records as a page that continues at cursor, and
// empties the batch.
func (b *Batch) Take(cursor string) Page {
	p := Page{Records: b.records, Cursor: cursor, arena: b.arena}
	b.records, b.arena = nil, nil
	return p
}

// Len returns how many records are gathered.
func (b *Batch) Len() int { return len(b.records) }

// arenas holds the memory of pages that are done with: a listing goes through
// a few of them, however long it is.
var arenas = sync.Pool{New: func() any {
	b := make([]byte, 0, batchBytes+batchBytes/4)
	return &b
}}

// Release gives the memory of the records' Raw back. Nothing may use it any
// more.
func (p *Page) Release() {
	if cap(p.arena) > 0 && cap(p.arena) <= 2*batchBytes {
		b := p.arena[:0]
		arenas.Put(&b)
	}
	p.arena = nil
	for i := range p.Records {
		p.Records[i].Raw = nil
	}
}
