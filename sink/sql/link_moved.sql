-- Known accounts whose parent changed. $1 run, $2 source.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
SELECT s.account_id, s.external_id, coalesce(p.account_id, a.id)
FROM pg_temp.change c
JOIN {staged} s ON s.account_id = c.account_id AND s.run_id = $1
LEFT JOIN {staged} p ON p.run_id = $1 AND NOT p.known AND p.external_id = s.parent_external_id
LEFT JOIN directory.accounts a ON a.source = $2 AND a.external_id = s.parent_external_id
WHERE 'parent_external_id' = ANY (c.changed)
