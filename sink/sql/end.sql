-- A run ended without applying anything. $1 run, $2 status, $3 error, then counts.
UPDATE directory.runs
SET status = $2, error = nullif($3::text, ''), finished_at = greatest(pg_catalog.clock_timestamp(), started_at),
    pages = $4, fetched = $5, rejected = $6
WHERE id = $1 AND status = 'running'
