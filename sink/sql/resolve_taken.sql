-- Accounts that a part of a listing brought in good order. $1 source, $2 run, $3 instant,
-- $4 run of the rows.
UPDATE directory.rejects r
SET resolved_at = $3
FROM {staged} s
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2
  AND s.run_id = $4 AND s.external_id = r.external_id
