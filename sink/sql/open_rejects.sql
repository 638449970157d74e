-- Accounts with rejects that are open and not of this run. $1 source, $2 run.
SELECT a.id
FROM directory.rejects r
JOIN directory.accounts a ON a.source = r.source AND a.external_id = r.external_id
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2
