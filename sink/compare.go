package sink

import (
	"context"
	"database/sql"

	"github.com/lib/pq"

	"rollcall/model"
)

// Facts are what a partial record needs from the directory before it can be compared.
type Facts struct {
	Payload []byte // the stored object, canonical only to jsonb
	Parent  string
	Status  model.Status
}

// Stored returns what the directory holds of those accounts, by external id;
// unknown ones are left out.
func (r *Run) Stored(ctx context.Context, ids []string) (map[string]Facts, error) {
	stored := make(map[string]Facts, len(ids))
	var id string
	var f Facts
	err := eachRow(ctx, r.conn, statement("stored"), []any{r.Source, pq.Array(ids)}, func() error {
		stored[id] = f
		return nil
	}, &id, &f.Payload, &f.Parent, &f.Status)
	return stored, wrap(ctx, err)
}

// A Key is a record as it is compared.
type Key struct {
	ExternalID  string
	Fingerprint model.Fingerprint
	Lower       bool // partial: of less detail than the provider can give

	AccountID int64 // the account, or the id reserved for it; set by Compare
}

// A Difference is a record that is new or differs from the directory.
type Difference struct {
	Index     int   // of its key
	AccountID int64 // the account, or the id reserved for it
	Known     bool  // the directory has the account
	Lower     bool  // partial: superseded by a record of full detail

	seq int64 // place in the order of the listing
}

// comparison is how a run compares pages.
type comparison struct {
	any      bool      // a page was compared
	prepared *sql.Stmt // compare.sql, from the second page on
	reserved []int64   // ids for accounts to come
}

// Compare asks the directory about a page's accounts, each id once, and returns
// those that are new or differ and so are to be mapped and staged. It notes
// that the others were seen.
func (r *Run) Compare(ctx context.Context, keys []Key) ([]Difference, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	if r.empty {
		return r.allNew(ctx, keys)
	}
	ids, prints := make(pq.StringArray, len(keys)), make(pq.ByteaArray, len(keys))
	for i := range keys {
		ids[i], prints[i] = keys[i].ExternalID, keys[i].Fingerprint[:]
	}
	var same, sameIndex, other, otherIndex, otherState pq.Int64Array
	query, err := r.compareQuery(ctx)
	if err == nil {
		err = query(ctx, r.Source, ids, prints).Scan(&same, &sameIndex, &other, &otherIndex, &otherState)
	}
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []Difference
	for i, id := range same {
		key := &keys[sameIndex[i]-1]
		key.AccountID = id
		// An earlier page had this account changed: the later record counts.
		if r.seen.restaged.Contains(uint64(id)) && !r.seen.superseded(id, key.Lower) {
			r.seen.again = true
			list = append(list, Difference{Index: int(sameIndex[i]) - 1, AccountID: id, Known: true, Lower: key.Lower})
		}
		r.seen.add(id, key.Lower)
	}
	for i, id := range other {
		key := &keys[otherIndex[i]-1]
		key.AccountID = id
		d := Difference{Index: int(otherIndex[i]) - 1, AccountID: id, Known: otherState[i] != unknownAccount, Lower: key.Lower}
		if d.Known {
			if otherState[i] == deletedAccount {
				r.seen.returned.Add(uint64(id))
			}
			if r.seen.superseded(id, key.Lower) {
				continue
			}
			r.seen.add(id, key.Lower)
			r.seen.restage(id)
		}
		list = append(list, d)
	}
	r.number(list)
	return list, nil
}

// compareQuery returns what runs compare.sql. A listing of several pages has it
// planned once: planning costs a page as much as a few dozen accounts do.
func (r *Run) compareQuery(ctx context.Context) (func(context.Context, ...any) *sql.Row, error) {
	if !r.compare.any {
		r.compare.any = true
		return func(ctx context.Context, args ...any) *sql.Row {
			return r.conn.QueryRowContext(ctx, statementCompare, args...)
		}, nil
	}
	if r.compare.prepared == nil {
		var err error
		if r.compare.prepared, err = r.conn.PrepareContext(ctx, statementCompare); err != nil {
			return nil, err
		}
	}
	return r.compare.prepared.QueryRowContext, nil
}

// allNew is Compare where the directory has no account of the source.
func (r *Run) allNew(ctx context.Context, keys []Key) ([]Difference, error) {
	if err := r.reserve(ctx, len(keys)); err != nil {
		return nil, wrap(ctx, err)
	}
	list := make([]Difference, len(keys))
	for i, id := range r.compare.reserved[:len(keys)] {
		keys[i].AccountID = id
		list[i] = Difference{Index: i, AccountID: id, Lower: keys[i].Lower}
	}
	r.compare.reserved = r.compare.reserved[len(list):]
	r.number(list)
	return list, nil
}

// maxReserved bounds how many ids are taken before they are needed, which saves
// a statement per page. Those that are left over are never used.
const maxReserved = 10_000

// reserve takes ids until n are at hand, and some more the more were needed.
func (r *Run) reserve(ctx context.Context, n int) error {
	missing := n - len(r.compare.reserved)
	if missing <= 0 {
		return nil
	}
	var ids pq.Int64Array
	err := r.conn.GetContext(ctx, &ids, `SELECT pg_catalog.array_agg(pg_catalog.nextval('directory.accounts_id_seq')) FROM pg_catalog.generate_series(1, $1)`,
		missing+int(min(r.seen.created/4, maxReserved)))
	r.compare.reserved = append(r.compare.reserved, ids...)
	return err
}

// number gives the differences their places in the listing.
func (r *Run) number(list []Difference) {
	for i := range list {
		r.staging.seq++
		list[i].seq = r.staging.seq
		if !list[i].Known {
			r.seen.created++
		}
	}
}

var statementCompare = statement("compare")

// The states of an account that compare.sql returns.
const (
	unknownAccount = 0
	deletedAccount = 2
)

// Seen notes that the listing named those accounts, though their records could
// not be taken, and returns how many of them are live.
func (r *Run) Seen(ctx context.Context, ids []string) (known int64, err error) {
	live, err := readIDs(ctx, r.conn, `SELECT id FROM directory.accounts WHERE source = $1 AND external_id = ANY ($2) AND deleted_at IS NULL`, r.Source, pq.Array(ids))
	if err != nil {
		return 0, wrap(ctx, err)
	}
	r.seen.known.Or(live)
	return int64(live.GetCardinality()), nil
}
