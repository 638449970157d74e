-- name: compare
-- Compares a page's accounts with the directory. Returns the unchanged ones, by id
-- and position in the page, and the new and changed ones, by id (reserved for a new
-- account), position and state: 0 new, 1 live, 2 deleted. OFFSET 0 keeps the look-up
-- an index scan per row, whatever the planner estimates of the table's size.
-- $1 source, $2 external ids, $3 fingerprints.
SELECT pg_catalog.array_agg(c.id) FILTER (WHERE c.same),
       pg_catalog.array_agg(c.ordinal) FILTER (WHERE c.same),
       pg_catalog.array_agg(coalesce(c.id, c.new_id)) FILTER (WHERE NOT c.same),
       pg_catalog.array_agg(c.ordinal) FILTER (WHERE NOT c.same),
       pg_catalog.array_agg(CASE WHEN c.id IS NULL THEN 0 WHEN c.live THEN 1 ELSE 2 END) FILTER (WHERE NOT c.same)
FROM (
    SELECT p.ordinal, a.id, a.live, coalesce(a.same, false) AS same,
           CASE WHEN a.id IS NULL THEN pg_catalog.nextval('directory.accounts_id_seq') END AS new_id
    FROM unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS p (external_id, fingerprint, ordinal)
    LEFT JOIN LATERAL (
        SELECT a.id, a.fingerprint = p.fingerprint AND a.deleted_at IS NULL AS same, a.deleted_at IS NULL AS live
        FROM directory.accounts a
        WHERE a.source = $1 AND a.external_id = p.external_id
        OFFSET 0
    ) a ON true
) c;

-- name: load_chunks
-- Chunks of the last complete listing, and whether they are valid. $1 connection.id.
SELECT s.digest, s.run_id = 0 AND c.cached_run IS NOT NULL
FROM directory_internal.chunk_cache s
JOIN directory_internal.connection c ON c.id = s.connection_id
WHERE s.connection_id = $1
ORDER BY s.digest;

-- name: drop_invalid_chunks
-- $1 connection.id.
DELETE FROM directory_internal.chunk_cache s
USING directory_internal.connection c
WHERE s.connection_id = $1 AND c.id = $1 AND (s.run_id <> 0 OR c.cached_run IS NULL);

-- name: save_chunks
-- Drops the chunks that the listing did not repeat and validates those of this run;
-- chunks of a run that cannot apply are never valid. $1 connection.id, $2 run,
-- $3 digests to drop.
WITH cached AS (
    UPDATE directory_internal.connection SET cached_run = $2 WHERE id = $1
), validated AS (
    UPDATE directory_internal.chunk_cache SET run_id = 0 WHERE connection_id = $1 AND run_id = $2
)
DELETE FROM directory_internal.chunk_cache WHERE connection_id = $1 AND digest = ANY ($3) AND run_id = 0;

-- name: drop_chunks
-- $1 connection.id.
WITH cleared AS (
    UPDATE directory_internal.connection SET cached_run = NULL WHERE id = $1
)
DELETE FROM directory_internal.chunk_cache WHERE connection_id = $1;

-- name: stored
-- What the directory has of accounts. $1 source, $2 external ids.
SELECT external_id, payload, coalesce(parent_external_id, ''), status
FROM directory.accounts
WHERE source = $1 AND external_id = ANY ($2);
