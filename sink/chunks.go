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

// A ChunkCache has the chunks of the last complete listing. While nothing else
// has changed the connection's accounts, the directory agrees with them, and the
// accounts of a chunk that comes again need no comparison. It takes 17 bytes per
// chunk.
type ChunkCache struct {
	digests []Digest // in order
	hit     []bool
}

// Find returns the index of a chunk, -1 where the cache does not have it. It may be
// called by many goroutines.
func (c *ChunkCache) Find(d Digest) int {
	i, found := slices.BinarySearchFunc(c.digests, d, func(a, b Digest) int { return bytes.Compare(a[:], b[:]) })
	if !found {
		return -1
	}
	return i
}

// Hit notes that the chunk at that index came again.
func (c *ChunkCache) Hit(index int) { c.hit[index] = true }

// A Chunk is a new chunk and the accounts in it.
type Chunk struct {
	Digest   Digest
	Accounts []int64
}

// LoadChunks returns the chunks of the connection's last listing, and deletes those
// of runs that were never applied.
func (r *Run) LoadChunks(ctx context.Context) (*ChunkCache, error) {
	c := &ChunkCache{}
	leftovers := false
	var digest []byte
	var valid bool
	err := eachRow(ctx, r.conn, statement("load_chunks"), []any{r.connection}, func() error {
		if valid {
			c.digests = append(c.digests, Digest(digest))
		}
		leftovers = leftovers || !valid
		return nil
	}, &digest, &valid)
	if err != nil {
		return nil, wrap(ctx, err)
	}
	c.hit = make([]bool, len(c.digests))
	if leftovers {
		_, err = r.conn.ExecContext(ctx, statement("drop_invalid_chunks"), r.connection)
	}
	return c, wrap(ctx, err)
}

// Remember stages new chunks, which the cache has once the run is applied.
func (r *Run) Remember(ctx context.Context, chunks []Chunk) error {
	if len(chunks) == 0 || r.start.Plan {
		return nil
	}
	r.staging.chunks += int64(len(chunks))
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
// reports false where one of them also came in a changed record: only a comparison
// of all records shows which of the two came last.
func (r *Run) Recognize(ctx context.Context, c *ChunkCache) (clear bool, err error) {
	if len(c.digests) == 0 {
		return true, nil
	}
	known := roaring64.New()
	var digest, packed []byte
	err = eachRow(ctx, r.conn, `SELECT digest, accounts FROM directory_internal.chunk_cache WHERE connection_id = $1 AND run_id = 0`, []any{r.connection}, func() error {
		if i := c.Find(Digest(digest)); i < 0 || !c.hit[i] {
			return nil
		}
		set := roaring64.New()
		err := set.UnmarshalBinary(packed)
		known.Or(set)
		return err
	}, &digest, &packed)
	if err != nil {
		return false, wrap(ctx, err)
	}
	clear = !known.Intersects(r.seen.restaged)
	r.seen.known.Or(known)
	return clear, nil
}

// saveChunks makes the chunks of this listing the cache, or empties it where they
// are not the whole listing.
func (a *applying) saveChunks(ctx context.Context) error {
	c := a.o.Chunks
	if c == nil {
		return nil
	}
	if a.o.Mode != WholeListing || a.o.Repeats {
		if a.staging.chunks == 0 && len(c.digests) == 0 {
			return nil
		}
		_, err := a.exec(ctx, "drop_chunks", a.connection)
		return err
	}
	var stale pq.ByteaArray
	for i, hit := range c.hit {
		if !hit {
			stale = append(stale, c.digests[i][:])
		}
	}
	if a.staging.chunks == 0 && len(stale) == 0 && !a.report.Changed() {
		return nil
	}
	_, err := a.exec(ctx, "save_chunks", a.connection, a.ID, stale)
	return err
}
