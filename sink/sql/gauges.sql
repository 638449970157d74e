-- What a scrape asks of each source: look-ups by index. $1 sources.
SELECT s.source, c.last_applied_at,
       (SELECT h.last_success_at FROM directory.source_health h WHERE h.source = s.source) AS succeeded_at,
       (SELECT count(*) FROM directory.held_deletions h WHERE h.source = s.source) AS held,
       (SELECT count(*) FROM directory.rejects r WHERE r.source = s.source AND r.resolved_at IS NULL) AS rejects,
       (SELECT count(*) FROM directory_internal.hint h WHERE h.source = s.source) AS hints
FROM unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.connection c ON c.name = s.source
