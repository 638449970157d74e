-- A run that applied. It does not end before it began, whatever became of the
-- clock. $1 run, $2 status, $3 complete, $4 error, then the counts in
-- the order of the columns.
UPDATE directory.runs
SET status = $2, complete = $3, finished_at = greatest(pg_catalog.clock_timestamp(), started_at),
    error = nullif($4::text, ''),
    pages = $5, fetched = $6, created = $7, updated = $8, moved = $9,
    deleted = $10, restored = $11, unchanged = $12, rejected = $13, held = $14
WHERE id = $1
