package sink

import (
	"context"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// eachRow scans every row of a query into dest and then calls each.
func eachRow(ctx context.Context, q sqlx.QueryerContext, query string, args []any, each func() error, dest ...any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := each(); err != nil {
			return err
		}
	}
	return rows.Err()
}

// readIDs returns the ids that a query selects.
func readIDs(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) (*roaring64.Bitmap, error) {
	ids := roaring64.New()
	var id uint64
	return ids, eachRow(ctx, q, query, args, func() error { ids.Add(id); return nil }, &id)
}

// idBatch is how many ids one statement gets as an array.
const idBatch = 10_000

// inBatches calls each with the ids, up to idBatch at a time.
func inBatches(ids *roaring64.Bitmap, each func(pq.Int64Array) error) error {
	buffer := make([]uint64, min(idBatch, ids.GetCardinality()))
	for it := ids.ManyIterator(); ; {
		n := it.NextMany(buffer)
		if n == 0 {
			return nil
		}
		batch := make(pq.Int64Array, n)
		for i, id := range buffer[:n] {
			batch[i] = int64(id)
		}
		if err := each(batch); err != nil {
			return err
		}
	}
}
