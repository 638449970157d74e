-- The missing accounts that are not deleted. held_at stays what it first was.
-- $1 source, $2 run, $3 instant, $4 reason.
INSERT INTO directory.held_deletions (source, external_id, account_id, run_id, held_at, reason)
SELECT $1, a.external_id, a.id, $2, $3, $4
FROM pg_temp.missing m
JOIN directory.accounts a ON a.id = m.account_id
WHERE NOT EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = m.account_id AND c.operation = 'deleted')
ON CONFLICT (source, external_id) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason
