-- name: gauges
-- Metrics of each source, by index look-ups only. $1 sources.
SELECT s.source, c.last_applied_at,
       (SELECT h.last_success_at FROM directory.source_health h WHERE h.source = s.source) AS succeeded_at,
       (SELECT pg_catalog.count(*) FROM directory.held_deletions h WHERE h.source = s.source) AS held,
       (SELECT pg_catalog.count(*) FROM directory.rejects r WHERE r.source = s.source AND r.resolved_at IS NULL) AS rejects,
       (SELECT pg_catalog.count(*) FROM directory_internal.pending_refresh h WHERE h.source = s.source) AS hints,
       (SELECT pg_catalog.count(*) FROM directory.runs r WHERE r.source = s.source AND r.status = 'running') AS running
FROM pg_catalog.unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.connection c ON c.name = s.source;

-- name: count_accounts
-- Counts the live accounts of $1, and those of them that name an unknown parent.
SELECT (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL) AS live,
       (SELECT pg_catalog.count(*) FROM directory.accounts a
        WHERE a.source = $1 AND a.parent_id IS NULL AND a.parent_external_id IS NOT NULL AND a.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM directory.accounts p WHERE p.source = $1 AND p.external_id = a.parent_external_id)) AS orphans;

-- name: configured
-- Which connections are configured. $1 their names.
UPDATE directory_internal.connection
SET configured = (name = ANY ($1))
WHERE configured <> (name = ANY ($1));
