-- name: runs
-- $1 sources, $2 statuses.
SELECT id, source, trigger, status, complete, started_at, finished_at, pages, fetched,
       created, updated, moved, deleted, restored, unchanged, rejected, held, error, applied_seq
FROM directory.runs
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND ($2::text[] IS NULL OR status = ANY ($2));

-- name: rejects
-- $1 sources, $2 pattern to search for, $3 whether to include resolved rejects.
SELECT run_id, source, external_id, reason, payload, first_seen_at, last_seen_at, resolved_at
FROM directory.rejects
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND ($2::text IS NULL OR external_id ILIKE $2 OR reason ILIKE $2)
  AND ($3 OR resolved_at IS NULL);

-- name: connections
-- Recursive CTEs list the distinct sources with one index look-up each. $1 configured
-- connections; NULL means those of the last sync of all connections, $2 their
-- providers, $3 connections to show; NULL shows all.
WITH RECURSIVE account_source AS (
    SELECT pg_catalog.min(source) AS source FROM directory.accounts
    UNION ALL
    SELECT (SELECT pg_catalog.min(a.source) FROM directory.accounts a WHERE a.source > o.source) FROM account_source o WHERE o.source IS NOT NULL
), run_source AS (
    SELECT pg_catalog.min(source) AS source FROM directory.runs
    UNION ALL
    SELECT (SELECT pg_catalog.min(r.source) FROM directory.runs r WHERE r.source > o.source) FROM run_source o WHERE o.source IS NOT NULL
), configured AS (
    SELECT name COLLATE "C" AS source, provider FROM unnest($1::text[], $2::text[]) c (name, provider)
    UNION ALL
    SELECT h.source, h.provider FROM directory.source_health h WHERE $1::text[] IS NULL AND h.configured
), known AS (
    SELECT source FROM account_source UNION SELECT source FROM run_source UNION SELECT source FROM configured
), counted AS (
    SELECT source, pg_catalog.count(*) FILTER (WHERE deleted_at IS NULL) AS live, pg_catalog.count(*) FILTER (WHERE deleted_at IS NOT NULL) AS deleted
    FROM directory.accounts
    GROUP BY source
)
SELECT k.source,
       coalesce(c.provider, (SELECT a.provider FROM directory.accounts a WHERE a.source = k.source ORDER BY a.external_id LIMIT 1)) AS provider,
       c.source IS NOT NULL AS configured,
       coalesce(n.live, 0) AS accounts_live, coalesce(n.deleted, 0) AS accounts_deleted,
       last.started_at AS last_run_at, last.status AS last_status,
       (SELECT h.last_success_at FROM directory.source_health h WHERE h.source = k.source) AS last_success_at,
       (SELECT pg_catalog.count(*) FROM directory.held_deletions h WHERE h.source = k.source) AS deletions_held,
       (SELECT pg_catalog.count(*) FROM directory.rejects r WHERE r.source = k.source AND r.resolved_at IS NULL) AS rejects_open
FROM known k
LEFT JOIN configured c ON c.source = k.source
LEFT JOIN counted n ON n.source = k.source
LEFT JOIN LATERAL (
    SELECT r.started_at, r.status FROM directory.runs r
    WHERE r.source = k.source AND r.status <> 'skipped'
    ORDER BY r.id DESC LIMIT 1
) last ON true
WHERE k.source IS NOT NULL AND ($3::text[] IS NULL OR k.source = ANY ($3));
