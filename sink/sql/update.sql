-- Changed accounts take the staged columns, and their place where that changed
-- too, so that each row is written once. $1 run, $2 instant.
UPDATE directory.accounts a
SET {assign:s}, fingerprint = s.fingerprint, changed_at = $2, deleted_at = CASE WHEN c.operation <> 'restored' THEN a.deleted_at END,
    parent_id = CASE WHEN p.path IS NULL THEN a.parent_id ELSE p.path[pg_catalog.cardinality(p.path) - 1] END,
    root_id = coalesce(p.path[1], a.root_id),
    depth = coalesce(pg_catalog.cardinality(p.path) - 1, a.depth),
    path = coalesce(p.path, a.path)
FROM {staged} s
JOIN pg_temp.change c ON c.account_id = s.account_id
LEFT JOIN pg_temp.placement p ON p.account_id = s.account_id
WHERE a.id = s.account_id AND s.run_id = $1 AND c.operation IN ('updated', 'moved', 'restored')
