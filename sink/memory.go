package sink

import (
	"bytes"
	"context"
	"encoding/hex"
	"slices"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/lib/pq"
)

// A Digest stands for a chunk: a stretch of a listing's records, as bytes.
type Digest [16]byte

// A Memory is the chunks of the last complete listing. While nothing else has
// changed the connection's accounts, the directory holds what they say, and one
// that comes again needs no look. It takes 17 bytes a chunk.
type Memory struct {
	digests []Digest // in order
	met     []bool
}

// Find returns the place of a chunk that was seen before, -1 for any other. It
// may be called by many goroutines.
func (m *Memory) Find(d Digest) int {
	at, found := slices.BinarySearchFunc(m.digests, d, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	if !found {
		return -1
	}
	return at
}

// Hit notes that the chunk at that place came again.
func (m *Memory) Hit(place int) { m.met[place] = true }

// A Chunk is a new chunk and the accounts in it.
type Chunk struct {
	Digest   Digest
	Accounts []int64
}

// LoadChunks returns what is remembered of the connection's last listing, and drops
// what a run left that was never applied.
func (r *Run) LoadChunks(ctx context.Context) (*Memory, error) {
	m := &Memory{}
	rows, err := r.conn.QueryContext(ctx, statement("load_chunks"), r.connection)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	left := false
	for rows.Next() {
		var raw []byte
		var valid bool
		if err := rows.Scan(&raw, &valid); err != nil {
			return nil, wrap(ctx, err)
		}
		if left = left || !valid; valid {
			m.digests = append(m.digests, Digest(raw))
		}
	}
	if err := rows.Err(); err != nil {
		return nil, wrap(ctx, err)
	}
	m.met = make([]bool, len(m.digests))
	if left {
		_, err = r.conn.ExecContext(ctx, statement("drop_invalid_chunks"), r.connection)
	}
	return m, wrap(ctx, err)
}

// Remember stages new chunks; they count once the run is applied.
func (r *Run) Remember(ctx context.Context, chunks []Chunk) error {
	if len(chunks) == 0 || r.start.Plan {
		return nil
	}
	r.chunks += int64(len(chunks))
	var b []byte
	for _, c := range chunks {
		set := roaring64.New()
		for _, id := range c.Accounts {
			set.Add(uint64(id))
		}
		set.RunOptimize()
		packed, err := set.ToBytes()
		if err != nil {
			return err
		}
		b = appendInt(b, int64(r.connection))
		b = appendInt(b, r.ID)
		b = appendBytes(b, c.Digest[:])
		b = appendBytes(b, packed)
		b[len(b)-1] = '\n'
	}
	return wrap(ctx, r.copyIn(ctx, `COPY directory_internal.chunk_cache (connection_id, run_id, digest, accounts) FROM STDIN`, b))
}

func appendBytes(b, raw []byte) []byte {
	b = append(b, `\\x`...)
	return append(hex.AppendEncode(b, raw), '\t')
}

// Recognize counts the accounts of the chunks that came again as seen. It
// reports false where one of them came changed in another record too: which of
// the two came last, only a look at all of them can tell.
func (r *Run) Recognize(ctx context.Context, m *Memory) (clear bool, err error) {
	if len(m.digests) == 0 {
		return true, nil
	}
	rows, err := r.conn.QueryContext(ctx, `SELECT digest, accounts FROM directory_internal.chunk_cache WHERE connection_id = $1 AND run_id = 0`, r.connection)
	if err != nil {
		return false, wrap(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	known := roaring64.New()
	for rows.Next() {
		var digest, packed []byte
		if err := rows.Scan(&digest, &packed); err != nil {
			return false, wrap(ctx, err)
		}
		if at := m.Find(Digest(digest)); at < 0 || !m.met[at] {
			continue
		}
		set := roaring64.New()
		if err := set.UnmarshalBinary(packed); err != nil {
			return false, err
		}
		known.Or(set)
	}
	if err := rows.Err(); err != nil {
		return false, wrap(ctx, err)
	}
	clear = !known.Intersects(r.restaged)
	r.seen.Or(known)
	return clear, nil
}

// Distinct returns how many accounts the run has seen, where none came twice,
// plus the records without an id.
func (r *Run) Distinct() int64 { return int64(r.seen.GetCardinality()) + r.created + r.noID }

// Fetched returns how many accounts and records without an id the run has read so
// far, those before a checkpoint included.
func (r *Run) Fetched() int64 { return r.resumed.unchanged + r.Distinct() }

// Reset takes everything back that the run has seen and staged, to read the
// listing again.
func (r *Run) Reset(ctx context.Context) error {
	if err := r.unstage(ctx); err != nil {
		return wrap(ctx, err)
	}
	for _, set := range []*roaring64.Bitmap{r.seen, r.full, r.restaged, r.returned} {
		set.Clear()
	}
	r.seq, r.created, r.rejects, r.noID, r.chunks, r.again = 0, 0, 0, 0, 0, false
	_, err := r.conn.ExecContext(ctx, `DELETE FROM directory_internal.chunk_cache WHERE run_id = $1`, r.ID)
	return wrap(ctx, err)
}

// remember makes the chunks of this listing those that are remembered, or
// forgets them all where they would not tell the whole.
func (a *applying) remember(ctx context.Context) error {
	m := a.o.Memory
	if m == nil {
		return nil
	}
	if !a.o.Complete || a.o.Repeats {
		if a.chunks == 0 && len(m.digests) == 0 {
			return nil
		}
		_, err := a.exec(ctx, "drop_chunks", a.connection)
		return err
	}
	var stale pq.ByteaArray
	for i, met := range m.met {
		if !met {
			stale = append(stale, m.digests[i][:])
		}
	}
	if a.chunks == 0 && len(stale) == 0 && !a.report.Changed() {
		return nil
	}
	_, err := a.exec(ctx, "save_chunks", a.connection, a.ID, stale)
	return err
}
