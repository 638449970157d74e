-- What a scrape asks of each source: look-ups by index. $1 sources.
SELECT s.source, c.last_applied_at,
       (SELECT h.last_success_at FROM directory.source_health h WHERE h.source = s.source) AS succeeded_at,
       (SELECT pg_catalog.count(*) FROM directory.held_deletions h WHERE h.source = s.source) AS held,
       (SELECT pg_catalog.count(*) FROM directory.rejects r WHERE r.source = s.source AND r.resolved_at IS NULL) AS rejects,
       (SELECT pg_catalog.count(*) FROM directory_internal.hint h WHERE h.source = s.source) AS hints,
       (SELECT pg_catalog.count(*) FROM directory.runs r WHERE r.source = s.source AND r.status = 'running') AS running
FROM pg_catalog.unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.connection c ON c.name = s.source
