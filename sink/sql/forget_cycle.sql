-- A cycle that was broken at the root above the account that goes is none any
-- more: the root joins the parent that it names, with all that hangs on it.
-- $1 root, $2 account that goes.
WITH RECURSIVE joins AS (
    SELECT y.id, p.id AS parent_id, p.root_id, p.depth, p.path
    FROM directory.accounts y
    JOIN directory.accounts p ON p.source = y.source AND p.external_id = y.parent_external_id
    WHERE y.id = $1 AND y.id <> $2 AND p.id <> $2 AND y.parent_id IS NULL AND p.root_id <> y.id
), tree AS (
    SELECT id FROM joins
    UNION ALL
    SELECT a.id FROM tree t JOIN directory.accounts a ON a.parent_id = t.id
)
UPDATE directory.accounts a
SET parent_id = CASE WHEN a.id = j.id THEN j.parent_id ELSE a.parent_id END,
    root_id = j.root_id, depth = j.depth + 1 + a.depth, path = pg_catalog.array_cat(j.path, a.path)
FROM tree t, joins j
WHERE a.id = t.id
