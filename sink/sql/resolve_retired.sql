-- What could not be taken of accounts that were deleted by hand is settled.
-- $1 source, $2 instant, $3 whether the whole connection goes.
UPDATE directory.rejects r
SET resolved_at = $2
WHERE r.source = $1 AND r.resolved_at IS NULL
  AND ($3 OR EXISTS (SELECT FROM pg_temp.change c JOIN directory.accounts a ON a.id = c.account_id
                     WHERE a.external_id = r.external_id))
