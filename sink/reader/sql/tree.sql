-- $5: the topmost account; null is every root. What does not match is shown
-- where something below it does.
above AS (
    SELECT p.id, p.parent_id FROM node n JOIN node p ON p.id = n.parent_id WHERE n.hit AND NOT p.hit
    UNION
    SELECT p.id, p.parent_id FROM above a JOIN node p ON p.id = a.parent_id WHERE NOT p.hit
), shown AS MATERIALIZED (
    SELECT n.id, n.parent_id, pg_catalog.row_number() OVER siblings AS place, pg_catalog.lead(n.id) OVER siblings IS NULL AS last
    FROM node n LEFT JOIN above a USING (id)
    WHERE n.hit OR n.id = $5 OR a.id IS NOT NULL
    WINDOW siblings AS (PARTITION BY n.parent_id ORDER BY n.source, n.name, n.id)
), walk AS (
    SELECT id, last, ARRAY[place] AS key
    FROM shown
    WHERE id = $5 OR ($5::bigint IS NULL AND parent_id IS NULL)
    UNION ALL
    SELECT s.id, s.last, pg_catalog.array_append(w.key, s.place)
    FROM walk w JOIN shown s ON s.parent_id = w.id
)
SELECT n.id, n.source, n.external_id, n.provider, n.parent_external_id, n.parent_id, pg_catalog.cardinality(w.key) - 1 AS depth,
       n.name, n.status, n.kind, n.deleted_at /*drawn*/
FROM walk w JOIN node n USING (id)
