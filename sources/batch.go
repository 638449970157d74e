package sources

// Sizes at which a batch is yielded: large enough that one statement per batch
// costs little, small enough that a few of them in flight stay within memory.
const (
	batchRecords = 1000
	batchBytes   = 1 << 20

	// batchBlock is how many bytes of records are allocated at once.
	batchBlock = 64 << 10
)

// A Batch gathers records into pages of bounded size, copying what they hold,
// for a List that reads a body as a stream.
type Batch struct {
	records []Record
	block   []byte // the last one
	bytes   int
}

// Add copies r into the batch and reports whether the batch is full and should be
// yielded.
func (b *Batch) Add(r Record) bool {
	if cap(b.block)-len(b.block) < len(r.Raw) {
		b.block = make([]byte, 0, max(batchBlock, len(r.Raw)))
	}
	from := len(b.block)
	b.block = append(b.block, r.Raw...)
	r.Raw = b.block[from:len(b.block):len(b.block)]
	b.records = append(b.records, r)
	b.bytes += len(r.Raw)
	return len(b.records) >= batchRecords || b.bytes >= batchBytes
}

// Take returns the gathered records as a page that continues at cursor, and
// empties the batch.
func (b *Batch) Take(cursor string) Page {
	p := Page{Records: b.records, Cursor: cursor}
	*b = Batch{}
	return p
}

// Len returns how many records are gathered.
func (b *Batch) Len() int { return len(b.records) }
