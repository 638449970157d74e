-- $1: sources; $2: statuses; $3: what to search for; $4: deleted ones too; $5: the topmost account; $6: when.
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
-- What no root leads to is part of a cycle or below one; a cycle is broken at
-- its smallest external id.
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
