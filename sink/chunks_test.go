package sink

import "testing"

// Chunks of a run that lost its connection never count: it applied nothing.
func TestALostRunRemembersNothing(t *testing.T) {
	t.Parallel()
	db := directory(t)
	lost := begin(t, db)
	if _, err := lost.conn.ExecContext(t.Context(), `SELECT pg_advisory_unlock_all()`); err != nil {
		t.Fatal(err)
	}
	r := begin(t, db)
	m, err := r.LoadChunks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	good, bad := Chunk{Digest{1}, []int64{1}}, Chunk{Digest{2}, []int64{2}}
	if err := r.Remember(t.Context(), []Chunk{good}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Apply(t.Context(), Outcome{Mode: WholeListing, Chunks: m}); err != nil {
		t.Fatal(err)
	}
	r.Close(t.Context())
	if err := lost.Remember(t.Context(), []Chunk{bad}); err != nil {
		t.Fatal(err)
	}
	lost.Close(t.Context())
	next := begin(t, db)
	defer next.Close(t.Context())
	if m, err = next.LoadChunks(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.Find(good.Digest) < 0 || m.Find(bad.Digest) >= 0 {
		t.Errorf("the cache has %x", m.digests)
	}
}
