-- How many of the rejected records no live account stands for: those without
-- an id, and each id that was not taken besides. $1 run of the rows.
SELECT pg_catalog.count(*) FILTER (WHERE r.external_id IS NULL) + pg_catalog.count(DISTINCT r.external_id) FILTER (WHERE a.id IS NULL)
FROM directory_internal.staged_reject r
LEFT JOIN directory.accounts a ON a.source = r.source AND a.external_id = r.external_id AND a.deleted_at IS NULL
WHERE r.run_id = $1
