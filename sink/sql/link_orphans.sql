-- Orphans whose parent is known by now, and accounts at which a cycle was
-- broken, whose cycle may be gone. $1 run, $2 source.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
SELECT o.id, o.external_id, coalesce(p.account_id, a.id)
FROM directory.accounts o
LEFT JOIN {staged} p ON p.run_id = $1 AND NOT p.known AND p.external_id = o.parent_external_id
LEFT JOIN directory.accounts a ON a.source = $2 AND a.external_id = o.parent_external_id
WHERE o.source = $2 AND o.parent_id IS NULL AND o.parent_external_id IS NOT NULL
  AND coalesce(p.account_id, a.id) IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_temp.link l WHERE l.account_id = o.id)
  AND NOT EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = o.id AND 'parent_external_id' = ANY (c.changed))
