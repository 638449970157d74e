-- The places of accounts that did not change themselves: what happens above an
-- account is no version of it.
UPDATE directory.accounts a
SET parent_id = p.parent_id, root_id = p.root_id, depth = p.depth, path = p.path
FROM pg_temp.placement p
WHERE a.id = p.account_id
  AND (a.parent_id, a.root_id, a.depth, a.path) IS DISTINCT FROM (p.parent_id, p.root_id, p.depth, p.path)
