-- Accounts that would change, with the row before and after. $1 run.
SELECT c.operation, a.external_id, s.name, c.changed, pg_catalog.to_jsonb(a) AS old, pg_catalog.to_jsonb(s) AS new
FROM pg_temp.change c
JOIN directory.accounts a ON a.id = c.account_id
JOIN {staged} s ON s.account_id = c.account_id AND s.run_id = $1
WHERE c.operation NOT IN ('same', 'deleted')
ORDER BY a.external_id
