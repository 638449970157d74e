package sink

import "iter"

// Counts are what a run did, as in directory.runs.
type Counts struct {
	Pages     int64
	Fetched   int64 // distinct accounts seen, plus records without an id
	Created   int64
	Updated   int64
	Moved     int64
	Deleted   int64
	Restored  int64
	Unchanged int64
	Rejected  int64
	Held      int64
}

// Each yields the counts by their column of directory.runs.
func (c Counts) Each() iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		_ = yield("pages", c.Pages) && yield("fetched", c.Fetched) && yield("created", c.Created) && yield("updated", c.Updated) &&
			yield("moved", c.Moved) && yield("deleted", c.Deleted) && yield("restored", c.Restored) && yield("unchanged", c.Unchanged) &&
			yield("rejected", c.Rejected) && yield("held", c.Held)
	}
}

// Changed tells whether the directory differs by the run.
func (c Counts) Changed() bool {
	return c.Created+c.Updated+c.Moved+c.Deleted+c.Restored > 0
}

// add counts n accounts of an operation, as account_history names it.
func (c *Counts) add(operation string, n int64) {
	switch operation {
	case "created":
		c.Created += n
	case "updated":
		c.Updated += n
	case "moved":
		c.Moved += n
	case "deleted":
		c.Deleted += n
	case "restored":
		c.Restored += n
	}
}
