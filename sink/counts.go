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

// counts are the columns of directory.runs with counts, in their order.
var counts = []struct {
	column    string
	operation bool // of account_history: such a count changes the directory
	of        func(*Counts) *int64
}{
	{"pages", false, func(c *Counts) *int64 { return &c.Pages }},
	{"fetched", false, func(c *Counts) *int64 { return &c.Fetched }},
	{"created", true, func(c *Counts) *int64 { return &c.Created }},
	{"updated", true, func(c *Counts) *int64 { return &c.Updated }},
	{"moved", true, func(c *Counts) *int64 { return &c.Moved }},
	{"deleted", true, func(c *Counts) *int64 { return &c.Deleted }},
	{"restored", true, func(c *Counts) *int64 { return &c.Restored }},
	{"unchanged", false, func(c *Counts) *int64 { return &c.Unchanged }},
	{"rejected", false, func(c *Counts) *int64 { return &c.Rejected }},
	{"held", false, func(c *Counts) *int64 { return &c.Held }},
}

// Each yields each count by its column.
func (c Counts) Each() iter.Seq2[string, int64] { return c.yield(false) }

// Operations yields the counts of changes, by the operation in account_history.
func (c Counts) Operations() iter.Seq2[string, int64] { return c.yield(true) }

func (c Counts) yield(operations bool) iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		for _, count := range counts {
			if (!operations || count.operation) && !yield(count.column, *count.of(&c)) {
				return
			}
		}
	}
}

// Changed reports whether the run changed the directory.
func (c Counts) Changed() bool {
	for _, n := range c.Operations() {
		if n > 0 {
			return true
		}
	}
	return false
}

// add adds n accounts to the count of an operation.
func (c *Counts) add(operation string, n int64) {
	for _, count := range counts {
		if count.operation && count.column == operation {
			*count.of(c) += n
		}
	}
}
