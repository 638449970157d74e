-- $1: sources; $2: statuses; $3: what to search for; $4: deleted ones too; $5: the topmost account; $6: when.
-- Deleted accounts take part, since they keep their children. valid_to > $6
-- leaves the versions that were replaced, of which history has an index.
WITH RECURSIVE hung AS (
    SELECT id, source, external_id, ARRAY[id] AS way, false AS again
    FROM directory.accounts
    WHERE id = $5 AND ($1::text[] IS NULL OR source = ANY ($1))
    UNION ALL
    SELECT c.id, h.source, c.external_id, pg_catalog.array_append(h.way, c.id), c.id = $5
    FROM hung h
    CROSS JOIN LATERAL (
        SELECT a.id, a.external_id FROM directory.accounts a WHERE a.parent_id = h.id AND a.changed_at <= $6
        UNION ALL
        SELECT a.id, a.external_id FROM directory.accounts a -- where a cycle was broken
        WHERE a.source = h.source AND a.parent_external_id = h.external_id AND a.parent_id IS NULL AND a.changed_at <= $6
        UNION ALL
        SELECT v.account_id, v.external_id FROM directory.account_history v
        WHERE v.source = h.source AND v.parent_external_id = h.external_id AND v.valid_from <= $6 AND v.valid_to > $6
        OFFSET 0
    ) c
    WHERE NOT h.again
),
-- What comes back to the topmost account is a cycle, broken at its smallest
-- external id.
broken AS (
    SELECT id FROM hung
    WHERE NOT again AND id = ANY ((SELECT way FROM hung WHERE again)::bigint[])
    ORDER BY external_id LIMIT 1
), node AS MATERIALIZED (
    SELECT h.id,
           CASE WHEN h.id = (SELECT id FROM broken) THEN NULL
                WHEN h.id <> $5 THEN h.way[pg_catalog.cardinality(h.way) - 1]
                ELSE (SELECT p.id FROM directory.accounts p
                      WHERE p.source = h.source AND p.external_id = s.parent_external_id AND p.first_seen_at <= $6) END AS parent_id,
           h.source, h.external_id, s.provider, s.parent_external_id, s.name, s.status, s.kind, s.deleted_at, s.hit
    FROM hung h
    CROSS JOIN LATERAL (
        SELECT *, (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
        FROM directory.account_history
        WHERE account_id = h.id AND valid_from <= $6 AND (valid_to > $6 OR valid_to IS NULL)
        OFFSET 0
    ) s
    WHERE NOT h.again AND NOT EXISTS (SELECT FROM broken b WHERE b.id <> $5 AND b.id = ANY (h.way))
),
