-- New accounts that name a parent, and that parent where it is known. Those
-- that name none need no place worked out. $1 run, $2 source.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
SELECT s.account_id, s.external_id, coalesce(p.account_id, a.id)
FROM {staged} s
LEFT JOIN {staged} p ON p.run_id = $1 AND NOT p.known AND p.external_id = s.parent_external_id
LEFT JOIN directory.accounts a ON a.source = $2 AND a.external_id = s.parent_external_id
WHERE s.run_id = $1 AND NOT s.known AND s.parent_external_id IS NOT NULL
