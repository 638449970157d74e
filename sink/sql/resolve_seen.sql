-- $1 source, $2 run, $3 instant, $4 ids of accounts.
UPDATE directory.rejects r
SET resolved_at = $3
FROM directory.accounts a
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2
  AND a.id = ANY ($4) AND a.source = r.source AND a.external_id = r.external_id
