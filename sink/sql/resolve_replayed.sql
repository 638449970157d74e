-- Rejects that were tried again and are accounts now. $1 source, $2 the member
-- of an object that is its id, $3 instant.
UPDATE directory.rejects r
SET resolved_at = $3
FROM directory.accounts a
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.payload IS NOT NULL
  AND a.source = $1 AND a.external_id = r.payload ->> $2::text AND a.payload = r.payload
