-- name: link_new
-- New accounts that name a parent, and that parent where it is known. Accounts that
-- name none need no placement. $1 run, $2 source.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
SELECT s.account_id, s.external_id, coalesce(p.account_id, a.id)
FROM {staged} s
LEFT JOIN {staged} p ON p.run_id = $1 AND NOT p.known AND p.external_id = s.parent_external_id
LEFT JOIN directory.accounts a ON a.source = $2 AND a.external_id = s.parent_external_id
WHERE s.run_id = $1 AND NOT s.known AND s.parent_external_id IS NOT NULL;

-- name: link_moved
-- Known accounts whose parent changed. $1 run, $2 source.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
SELECT s.account_id, s.external_id, coalesce(p.account_id, a.id)
FROM pg_temp.change c
JOIN {staged} s ON s.account_id = c.account_id AND s.run_id = $1
LEFT JOIN {staged} p ON p.run_id = $1 AND NOT p.known AND p.external_id = s.parent_external_id
LEFT JOIN directory.accounts a ON a.source = $2 AND a.external_id = s.parent_external_id
WHERE 'parent_external_id' = ANY (c.changed);

-- name: link_orphans
-- Orphans whose parent is now known, and accounts at which a cycle was broken, whose
-- cycle may no longer exist. $1 run, $2 source.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
SELECT o.id, o.external_id, coalesce(p.account_id, a.id)
FROM directory.accounts o
LEFT JOIN {staged} p ON p.run_id = $1 AND NOT p.known AND p.external_id = o.parent_external_id
LEFT JOIN directory.accounts a ON a.source = $2 AND a.external_id = o.parent_external_id
WHERE o.source = $2 AND o.parent_id IS NULL AND o.parent_external_id IS NOT NULL
  AND coalesce(p.account_id, a.id) IS NOT NULL
  AND NOT EXISTS (SELECT FROM pg_temp.link l WHERE l.account_id = o.id)
  AND NOT EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = o.id AND 'parent_external_id' = ANY (c.changed));

-- name: link_below
-- All descendants of those, by the links that do not change.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
WITH RECURSIVE below AS (
    SELECT a.id, a.external_id, a.parent_id
    FROM pg_temp.link l
    JOIN directory.accounts a ON a.parent_id = l.account_id
    UNION
    SELECT a.id, a.external_id, a.parent_id
    FROM below b
    JOIN directory.accounts a ON a.parent_id = b.id
)
SELECT b.id, b.external_id, b.parent_id
FROM below b
WHERE NOT EXISTS (SELECT FROM pg_temp.link l WHERE l.account_id = b.id);

-- name: place
-- Works out paths from the top down: first the accounts without a parent, or below
-- an account whose place does not change (a new account that names no parent is its
-- own root), then level by level. It does not reach accounts on or below a cycle.
INSERT INTO pg_temp.placement (account_id, path)
WITH RECURSIVE placed AS (
    SELECT l.account_id,
           CASE WHEN l.parent_id IS NULL THEN ARRAY[l.account_id]
                ELSE pg_catalog.array_append(coalesce(a.path, ARRAY[l.parent_id]), l.account_id) END AS path
    FROM pg_temp.link l
    LEFT JOIN pg_temp.link parent ON parent.account_id = l.parent_id
    LEFT JOIN directory.accounts a ON a.id = l.parent_id
    WHERE parent.account_id IS NULL
    UNION ALL
    SELECT l.account_id, pg_catalog.array_append(p.path, l.account_id)
    FROM placed p
    JOIN pg_temp.link l ON l.parent_id = p.account_id
)
SELECT account_id, path FROM placed;

-- name: hop_begin
-- The accounts without a placement: where one step up leads, and the smallest id on
-- the way.
INSERT INTO pg_temp.hop (account_id, next_id, least)
SELECT l.account_id, l.parent_id, l.external_id
FROM pg_temp.link l
WHERE NOT EXISTS (SELECT FROM pg_temp.placement p WHERE p.account_id = l.account_id);

-- name: hop_double
-- Doubles the number of steps.
UPDATE pg_temp.hop h
SET next_id = n.next_id, least = least(h.least, n.least)
FROM pg_temp.hop n
WHERE n.account_id = h.next_id;

-- name: cut_cycles
-- After at least as many steps as there are accounts, every walk has ended on a
-- cycle, and each member of a cycle is the end of a walk: its least is the smallest
-- id of the cycle.
UPDATE pg_temp.link l
SET parent_id = NULL
FROM pg_temp.hop h
WHERE l.account_id = h.account_id AND l.external_id = h.least
  AND EXISTS (SELECT FROM pg_temp.hop a WHERE a.next_id = h.account_id)
RETURNING l.external_id;

-- name: replace_links
-- Updates the places of accounts that did not change themselves: a change above an
-- account makes no new version of it.
UPDATE directory.accounts a
SET parent_id = p.path[pg_catalog.cardinality(p.path) - 1], root_id = p.path[1], depth = pg_catalog.cardinality(p.path) - 1, path = p.path
FROM pg_temp.placement p
WHERE a.id = p.account_id AND a.path OPERATOR(pg_catalog.<>) p.path;
