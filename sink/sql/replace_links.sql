-- The places of accounts that did not change themselves: what happens above an
-- account is no version of it.
UPDATE directory.accounts a
SET parent_id = p.path[pg_catalog.cardinality(p.path) - 1], root_id = p.path[1], depth = pg_catalog.cardinality(p.path) - 1, path = p.path
FROM pg_temp.placement p
WHERE a.id = p.account_id AND a.path OPERATOR(pg_catalog.<>) p.path
