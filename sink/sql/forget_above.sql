-- Accounts below the one that goes: those right below it become roots, and the
-- paths of all lose what stood above. $1 account.
WITH RECURSIVE below AS (
    SELECT id FROM directory.accounts WHERE parent_id = $1
    UNION ALL
    SELECT a.id FROM below b JOIN directory.accounts a ON a.parent_id = b.id
)
UPDATE directory.accounts a
SET parent_id = nullif(a.parent_id, $1),
    root_id = a.path[pg_catalog.array_position(a.path, $1) + 1],
    depth = a.depth - pg_catalog.array_position(a.path, $1),
    path = a.path[pg_catalog.array_position(a.path, $1) + 1:]
FROM below b
WHERE a.id = b.id
