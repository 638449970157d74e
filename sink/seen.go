package sink

import "github.com/RoaringBitmap/roaring/v2/roaring64"

// seen is what the listing of a run has named so far.
type seen struct {
	known    *roaring64.Bitmap // ids of accounts that the directory has
	full     *roaring64.Bitmap // those of them whose record was of full detail
	restaged *roaring64.Bitmap // those of them that were staged
	returned *roaring64.Bitmap // those of them that were deleted
	again    bool              // a known account was staged twice
	created  int64             // staged accounts that the directory does not have, repeated ones included
	noID     int64             // rejected records without an id, or of unknown accounts
}

func newSeen() seen {
	return seen{known: roaring64.New(), full: roaring64.New(), restaged: roaring64.New(), returned: roaring64.New()}
}

// add adds a known account.
func (s *seen) add(id int64, partial bool) {
	s.known.Add(uint64(id))
	if !partial {
		s.full.Add(uint64(id))
	}
}

// restage adds a known account to those that were staged.
func (s *seen) restage(id int64) { s.again = !s.restaged.CheckedAdd(uint64(id)) || s.again }

// superseded reports whether a record does not count: it is partial, and the account
// was seen in full detail.
func (s *seen) superseded(id int64, partial bool) bool { return partial && s.full.Contains(uint64(id)) }

// total returns how many accounts were seen, plus the records without an id.
func (s *seen) total() int64 { return int64(s.known.GetCardinality()) + s.created + s.noID }

// unchanged returns how many accounts were seen and not staged.
func (s *seen) unchanged() int64 {
	return int64(s.known.GetCardinality() - s.restaged.GetCardinality())
}

// live returns how many of the known accounts were live before the run.
func (s *seen) live() int64 { return int64(s.known.GetCardinality() - s.returned.GetCardinality()) }
