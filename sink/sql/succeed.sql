-- A run that applied. It does not end before it began, whatever became of the
-- clock. $1 run, $2 status, $3 complete, counts, $14 error.
UPDATE directory.runs
SET status = $2, complete = $3, finished_at = greatest(pg_catalog.clock_timestamp(), started_at),
    pages = $4, fetched = $5, created = $6, updated = $7, moved = $8,
    deleted = $9, restored = $10, unchanged = $11, rejected = $12, held = $13,
    error = nullif($14::text, '')
WHERE id = $1
