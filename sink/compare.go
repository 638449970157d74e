package sink

import (
	"context"
	"database/sql"

	"github.com/lib/pq"

	"rollcall/model"
)

// Facts are what a record needs of the directory before it can be compared.
type Facts struct {
	Payload []byte // the stored object, canonical only to jsonb
	Parent  string
	Status  model.Status
}

// Stored returns what the directory holds of those accounts, by external id;
// unknown ones are left out.
func (r *Run) Stored(ctx context.Context, ids []string) (map[string]Facts, error) {
	rows, err := r.conn.QueryContext(ctx, `SELECT external_id, payload, coalesce(parent_external_id, ''), status
		FROM directory.accounts WHERE source = $1 AND external_id = ANY ($2)`, r.Source, pq.Array(ids))
	if err != nil {
		return nil, wrap(ctx, err)
	}
	defer func() { _ = rows.Close() }()
	stored := make(map[string]Facts, len(ids))
	for rows.Next() {
		var id string
		var f Facts
		if err := rows.Scan(&id, &f.Payload, &f.Parent, &f.Status); err != nil {
			return nil, wrap(ctx, err)
		}
		stored[id] = f
	}
	return stored, wrap(ctx, rows.Err())
}

// A Key is a record as it is compared.
type Key struct {
	ExternalID  string
	Fingerprint model.Fingerprint
	Lower       bool // of less detail than the provider could give

	AccountID int64 // the account, or the id kept for it: Compare tells
}

// A Difference is a record that is new or not as the directory has it.
type Difference struct {
	Index     int   // of its key
	AccountID int64 // the account, or the id kept for it
	Known     bool  // the directory has the account
	Lower     bool  // gives way to a record of full detail

	seq int64 // place in the order of the listing
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
	var same, samePlace, other, otherPlace, otherState pq.Int64Array
	query, err := r.compareQuery(ctx)
	if err == nil {
		err = query(ctx, r.Source, ids, prints).Scan(&same, &samePlace, &other, &otherPlace, &otherState)
	}
	if err != nil {
		return nil, wrap(ctx, err)
	}
	var list []Difference
	for i, id := range same {
		keys[samePlace[i]-1].AccountID = id
		key := keys[samePlace[i]-1]
		// An earlier page had this account changed: the later record counts.
		if r.restaged.Contains(uint64(id)) && !r.outdone(id, key) {
			r.again = true
			list = append(list, Difference{Index: int(samePlace[i]) - 1, AccountID: id, Known: true, Lower: key.Lower})
		}
		r.note(id, key)
	}
	for i, id := range other {
		keys[otherPlace[i]-1].AccountID = id
		key := keys[otherPlace[i]-1]
		d := Difference{Index: int(otherPlace[i]) - 1, AccountID: id, Known: otherState[i] != unknownAccount, Lower: key.Lower}
		if d.Known {
			if otherState[i] == deletedAccount {
				r.returned.Add(uint64(id))
			}
			if r.outdone(id, key) {
				continue
			}
			r.note(id, key)
			r.again = !r.restaged.CheckedAdd(uint64(id)) || r.again
		}
		list = append(list, d)
	}
	r.number(list)
	return list, nil
}

// compareQuery returns what runs compare.sql. A listing of several pages has it
// planned once: planning costs a page as much as a few dozen accounts do.
func (r *Run) compareQuery(ctx context.Context) (func(context.Context, ...any) *sql.Row, error) {
	if !r.asked {
		r.asked = true
		return func(ctx context.Context, args ...any) *sql.Row {
			return r.conn.QueryRowContext(ctx, statementCompare, args...)
		}, nil
	}
	if r.compare == nil {
		var err error
		if r.compare, err = r.conn.PrepareContext(ctx, statementCompare); err != nil {
			return nil, err
		}
	}
	return r.compare.QueryRowContext, nil
}

// allNew is Compare where the directory knows none of the source's accounts.
func (r *Run) allNew(ctx context.Context, keys []Key) ([]Difference, error) {
	if err := r.reserve(ctx, len(keys)); err != nil {
		return nil, wrap(ctx, err)
	}
	list := make([]Difference, len(keys))
	for i := range list {
		keys[i].AccountID = r.reserved[i]
		list[i] = Difference{Index: i, AccountID: r.reserved[i], Lower: keys[i].Lower}
	}
	r.reserved = r.reserved[len(list):]
	r.number(list)
	return list, nil
}

// maxReserved bounds how many ids are taken before they are needed, which saves
// asking for those of each page. Those that are left over are never used.
const maxReserved = 10_000

// reserve takes ids until n are at hand, and some more the more were needed.
func (r *Run) reserve(ctx context.Context, n int) error {
	if len(r.reserved) >= n {
		return nil
	}
	more := n - len(r.reserved) + int(min(r.created/4, maxReserved))
	var ids pq.Int64Array
	err := r.conn.GetContext(ctx, &ids, `SELECT pg_catalog.array_agg(pg_catalog.nextval('directory.accounts_id_seq')) FROM pg_catalog.generate_series(1, $1)`, more)
	r.reserved = append(r.reserved, ids...)
	return err
}

// number gives the differences their places.
func (r *Run) number(list []Difference) {
	for i := range list {
		r.seq++
		list[i].seq = r.seq
		if !list[i].Known {
			r.created++
		}
	}
}

// outdone tells whether the account was seen in full detail, against which a
// record of lower detail does not count.
func (r *Run) outdone(id int64, key Key) bool { return key.Lower && r.full.Contains(uint64(id)) }

func (r *Run) note(id int64, key Key) {
	r.seen.Add(uint64(id))
	if !key.Lower {
		r.full.Add(uint64(id))
	}
}

var statementCompare = statement("compare")

// How compare.sql tells what the directory knows of an account.
const (
	unknownAccount = 0
	deletedAccount = 2
)

// Seen notes that the listing named those accounts, though their records could
// not be taken, and returns how many of them are live.
func (r *Run) Seen(ctx context.Context, ids []string) (known int64, err error) {
	var live pq.Int64Array
	err = r.conn.QueryRowContext(ctx, `SELECT pg_catalog.count(*), pg_catalog.array_agg(id)
		FROM directory.accounts WHERE source = $1 AND external_id = ANY ($2) AND deleted_at IS NULL`, r.Source, pq.Array(ids)).Scan(&known, &live)
	for _, id := range live {
		r.seen.Add(uint64(id))
	}
	return known, wrap(ctx, err)
}
