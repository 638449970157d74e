package pipeline

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"slices"

	"rollcall/model/canon"
	"rollcall/sink"
	"rollcall/sources"
)

// A listing is remembered in chunks, by the hash of their bytes: a chunk that
// comes again needs no decoding and no comparison. Chunks end where the hash of an
// account's id says so, so that one account more or less changes one chunk and not
// all those behind it.

const (
	// chunkRecords is how many records a chunk has on average: few enough that
	// most chunks stay as they are when one account in a hundred changes.
	chunkRecords = 16
	// chunkLargest bounds a chunk.
	chunkLargest = 100
	// chunksTogether are staged by one statement.
	chunksTogether = 2000
)

// A stretch is a chunk's place among a batch's records.
type stretch struct {
	digest   sink.Digest
	from, to int
}

// chunkOf returns how many of the records make the next chunk.
func chunkOf(records []sources.Record) int {
	for i := range records[:min(len(records), chunkLargest)] {
		h := fnv.New32a()
		_, _ = h.Write([]byte(records[i].ID)) // never fails
		if h.Sum32()%chunkRecords == 0 {
			return i + 1
		}
	}
	return min(len(records), chunkLargest)
}

// chunkDigest hashes the records with all that decides how they are mapped.
// Every part is framed by its length.
func (c *canonicalizer) chunkDigest(records []sources.Record) sink.Digest {
	h := sha256.New()
	var frame [binary.MaxVarintLen64]byte
	part := func(text []byte) {
		_, _ = h.Write(binary.AppendUvarint(frame[:0], uint64(len(text)))) // never fails
		_, _ = h.Write(text)
	}
	part([]byte{canon.RedactionVersion})
	part(binary.LittleEndian.AppendUint32(nil, c.tag))
	part([]byte(c.connection.Provider))
	part(binary.AppendVarint(nil, int64(c.metadata.Mapping)))
	for i := range records {
		part([]byte(records[i].ID))
		part([]byte(records[i].Parent))
		part([]byte(records[i].Status))
		part(records[i].Raw)
	}
	return sink.Digest(h.Sum(nil)[:16])
}

// remembers reports whether a source's chunks are worth remembering: not where
// something in each account changes at every request, nor where a record says
// less than it could.
func remembers(t sources.Metadata) bool { return len(t.Rules.Volatile()) == 0 && !t.MissingBecomesRoot }

// leaks reports whether one of the records may have a credential that was obtained
// since the chunk was remembered. The configured ones are part of its digest.
func (c *canonicalizer) leaks(records []sources.Record) bool {
	return !c.tagged && slices.ContainsFunc(records, func(r sources.Record) bool { return c.metadata.Rules.Leaks(r.Raw) })
}

// note adds a chunk, all of whose records were taken.
func (p *run) note(s stretch, keys []sink.Key) {
	chunk := sink.Chunk{Digest: s.digest}
	for _, key := range keys[s.from:s.to] {
		chunk.Accounts = append(chunk.Accounts, key.AccountID)
	}
	p.chunks = append(p.chunks, chunk)
}

func (p *run) remember(ctx context.Context) error {
	err := p.session.Remember(ctx, p.chunks)
	p.chunks = p.chunks[:0]
	return err
}

// errConflict means that an account came both as it was and changed.
var errConflict = errors.New("the listing has an account twice, once changed")

// recognize counts the accounts of chunks that came again as seen.
func (p *run) recognize(ctx context.Context) error {
	if p.memory == nil {
		return nil
	}
	clear, err := p.session.Recognize(ctx, p.memory)
	if err == nil && !clear {
		err = errConflict
	}
	return err
}
