-- New accounts, in their place. Those without a parent are not in placement.
-- $1 run, $2 source, $3 instant.
INSERT INTO directory.accounts
    (id, source, external_id, parent_id, root_id, depth, path, {columns}, fingerprint, first_seen_at, changed_at)
SELECT s.account_id, $2, s.external_id, p.path[pg_catalog.cardinality(p.path) - 1], coalesce(p.path[1], s.account_id), coalesce(pg_catalog.cardinality(p.path) - 1, 0),
       coalesce(p.path, ARRAY[s.account_id]), {columns:s}, s.fingerprint, $3, $3
FROM {staged} s
LEFT JOIN pg_temp.placement p ON p.account_id = s.account_id
WHERE s.run_id = $1 AND NOT s.known
