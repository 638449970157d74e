-- name: tree_all
-- $1 sources, $2 statuses, $3 pattern to search for, $4 whether to include deleted accounts.
WITH RECURSIVE node AS MATERIALIZED (
    SELECT id, parent_id, source, external_id, provider, parent_external_id, name, status, kind, deleted_at,
           (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
    FROM directory.accounts
    WHERE ($1::text[] IS NULL OR source = ANY ($1))
),

-- name: tree_below
-- $1 sources, $2 statuses, $3 pattern to search for, $4 whether to include deleted accounts,
-- $5 topmost account.
WITH RECURSIVE below AS (
    SELECT * FROM directory.accounts WHERE id = $5
    UNION ALL
    SELECT * FROM directory.descendants($5)
), node AS MATERIALIZED (
    SELECT id, parent_id, source, external_id, provider, parent_external_id, name, status, kind, deleted_at,
           (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
    FROM below
    WHERE ($1::text[] IS NULL OR source = ANY ($1))
),

-- name: tree_as_of
-- $1 sources, $2 statuses, $3 pattern to search for, $4 whether to include deleted accounts,
-- $5 topmost account, $6 as of.
-- Deleted accounts take part, since they keep their children.
WITH RECURSIVE state AS MATERIALIZED (
    SELECT account_id AS id, source, external_id, provider, parent_external_id, name, status, kind, deleted_at,
           (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
    FROM directory.account_history
    WHERE valid_from <= $6 AND (valid_to > $6 OR valid_to IS NULL)
      AND ($1::text[] IS NULL OR source = ANY ($1))
), linked AS MATERIALIZED (
    SELECT t.*, p.id AS parent_id
    FROM state t LEFT JOIN state p ON p.source = t.source AND p.external_id = t.parent_external_id
),
-- An account that no root leads to is part of a cycle or below one. A cycle is broken
-- at its smallest external id.
reached AS (
    SELECT id FROM linked WHERE parent_id IS NULL
    UNION ALL
    SELECT l.id FROM reached r JOIN linked l ON l.parent_id = r.id
), lost AS MATERIALIZED (
    SELECT id, l.parent_id, l.external_id
    FROM (SELECT id FROM linked EXCEPT SELECT id FROM reached) unreached JOIN linked l USING (id)
), above_lost AS (
    SELECT id, parent_id AS above FROM lost
    UNION
    SELECT a.id, l.parent_id FROM above_lost a JOIN lost l ON l.id = a.above
), broken AS MATERIALIZED (
    SELECT a.id
    FROM above_lost a JOIN lost o ON o.id = a.above
    GROUP BY a.id
    HAVING pg_catalog.bool_or(a.above = a.id) AND pg_catalog.min(o.external_id) = pg_catalog.min(o.external_id) FILTER (WHERE o.id = a.id)
), node AS MATERIALIZED (
    SELECT l.id, CASE WHEN b.id IS NULL THEN l.parent_id END AS parent_id, l.source, l.external_id, l.provider,
           l.parent_external_id, l.name, l.status, l.kind, l.deleted_at, l.hit
    FROM linked l LEFT JOIN broken b ON b.id = l.id
),

-- name: tree_below_as_of
-- $1 sources, $2 statuses, $3 pattern to search for, $4 whether to include deleted accounts,
-- $5 topmost account, $6 as of.
-- Deleted accounts take part, since they keep their children. valid_to > $6 limits
-- the view to replaced versions, whose table has an index for it.
WITH RECURSIVE subtree AS (
    SELECT id, source, external_id, ARRAY[id] AS path, false AS repeated
    FROM directory.accounts
    WHERE id = $5 AND ($1::text[] IS NULL OR source = ANY ($1))
    UNION ALL
    SELECT c.id, t.source, c.external_id, pg_catalog.array_append(t.path, c.id), c.id = $5
    FROM subtree t
    CROSS JOIN LATERAL (
        SELECT a.id, a.external_id FROM directory.accounts a WHERE a.parent_id = t.id AND a.changed_at <= $6
        UNION ALL
        SELECT a.id, a.external_id FROM directory.accounts a -- where a cycle was broken
        WHERE a.source = t.source AND a.parent_external_id = t.external_id AND a.parent_id IS NULL AND a.changed_at <= $6
        UNION ALL
        SELECT v.account_id, v.external_id FROM directory.account_history v
        WHERE v.source = t.source AND v.parent_external_id = t.external_id AND v.valid_from <= $6 AND v.valid_to > $6
        OFFSET 0
    ) c
    WHERE NOT t.repeated
),
-- A path that returns to the topmost account is a cycle. It is broken at its smallest
-- external id.
broken AS (
    SELECT id FROM subtree
    WHERE NOT repeated AND id = ANY ((SELECT path FROM subtree WHERE repeated)::bigint[])
    ORDER BY external_id LIMIT 1
), node AS MATERIALIZED (
    SELECT t.id,
           CASE WHEN t.id = (SELECT id FROM broken) THEN NULL
                WHEN t.id <> $5 THEN t.path[pg_catalog.cardinality(t.path) - 1]
                ELSE (SELECT p.id FROM directory.accounts p
                      WHERE p.source = t.source AND p.external_id = s.parent_external_id AND p.first_seen_at <= $6) END AS parent_id,
           t.source, t.external_id, s.provider, s.parent_external_id, s.name, s.status, s.kind, s.deleted_at, s.hit
    FROM subtree t
    CROSS JOIN LATERAL (
        SELECT *, (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
        FROM directory.account_history
        WHERE account_id = t.id AND valid_from <= $6 AND (valid_to > $6 OR valid_to IS NULL)
        OFFSET 0
    ) s
    WHERE NOT t.repeated AND NOT EXISTS (SELECT FROM broken b WHERE b.id <> $5 AND b.id = ANY (t.path))
),

-- name: tree
-- Follows tree_all, tree_below, tree_as_of or tree_below_as_of, which define node. An
-- account that does not match is shown where a descendant of it matches. $5 topmost
-- account; NULL means every root.
above AS (
    SELECT p.id, p.parent_id FROM node n JOIN node p ON p.id = n.parent_id WHERE n.hit AND NOT p.hit
    UNION
    SELECT p.id, p.parent_id FROM above a JOIN node p ON p.id = a.parent_id WHERE NOT p.hit
), shown AS MATERIALIZED (
    SELECT n.id, n.parent_id, pg_catalog.row_number() OVER siblings AS ordinal, pg_catalog.lead(n.id) OVER siblings IS NULL AS last
    FROM node n LEFT JOIN above a USING (id)
    WHERE n.hit OR n.id = $5 OR a.id IS NOT NULL
    WINDOW siblings AS (PARTITION BY n.parent_id ORDER BY n.source, n.name, n.id)
), walk AS (
    SELECT id, last, ARRAY[ordinal] AS key
    FROM shown
    WHERE id = $5 OR ($5::bigint IS NULL AND parent_id IS NULL)
    UNION ALL
    SELECT s.id, s.last, pg_catalog.array_append(w.key, s.ordinal)
    FROM walk w JOIN shown s ON s.parent_id = w.id
)
SELECT n.id, n.source, n.external_id, n.provider, n.parent_external_id, n.parent_id, pg_catalog.cardinality(w.key) - 1 AS depth,
       n.name, n.status, n.kind, n.deleted_at /*drawn*/
FROM walk w JOIN node n USING (id)

-- name: tree_drawn
-- The columns that replace /*drawn*/ in tree.
, w.last,
  CASE WHEN n.parent_id IS NULL AND n.parent_external_id IS NOT NULL
       THEN EXISTS (SELECT FROM directory.accounts p WHERE p.source = n.source AND p.external_id = n.parent_external_id)
  END AS parent_known
