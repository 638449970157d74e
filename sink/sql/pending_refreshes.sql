-- name: add_pending_refreshes
-- Adds pending refreshes, one per account, unless the source has too many.
-- $1 source, $2 distinct external ids, $3 limit.
INSERT INTO directory_internal.pending_refresh (source, external_id, received_at, due_at)
SELECT $1, id, pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp()
FROM pg_catalog.unnest($2::text[]) AS named (id)
WHERE (SELECT pg_catalog.count(*) FROM directory_internal.pending_refresh WHERE source = $1) < $3
   OR EXISTS (SELECT FROM directory_internal.pending_refresh h WHERE h.source = $1 AND h.external_id = named.id)
ON CONFLICT (source, external_id) DO UPDATE SET received_at = excluded.received_at;

-- name: delay_pending_refreshes
-- Delays the refreshes that failed, longer each time, and drops those that failed
-- too often. $1 source, $2 external ids, $3 received_at of each, $4 failures at
-- which to drop.
WITH failed AS (
    UPDATE directory_internal.pending_refresh h
    SET failures = failures + 1, due_at = pg_catalog.clock_timestamp() + interval '1 minute' * pg_catalog.power(2::float8, failures::float8)
    FROM unnest($2::text[], $3::timestamptz[]) AS a (external_id, received_at)
    WHERE h.source = $1 AND h.external_id = a.external_id AND h.failures + 1 < $4
)
DELETE FROM directory_internal.pending_refresh h
WHERE h.source = $1 AND h.external_id = ANY ($2) AND h.failures + 1 >= $4;
