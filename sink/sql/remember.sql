-- Keeps hints, one an account, unless the source has too many already.
-- $1 source, $2 external ids, each once, $3 the most.
INSERT INTO directory_internal.hint (source, external_id, received_at, due_at)
SELECT $1, id, pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp()
FROM pg_catalog.unnest($2::text[]) AS named (id)
WHERE (SELECT pg_catalog.count(*) FROM directory_internal.hint WHERE source = $1) < $3
   OR EXISTS (SELECT FROM directory_internal.hint h WHERE h.source = $1 AND h.external_id = named.id)
ON CONFLICT (source, external_id) DO UPDATE SET received_at = excluded.received_at
