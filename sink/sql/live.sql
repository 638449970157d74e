-- How many accounts of $1 are live, and how many were deleted within a day. An
-- instant in the future is of a clock that was set back since: such a deletion is
-- older than a day where a run after it began that long ago.
SELECT (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL),
       (SELECT pg_catalog.count(*)
        FROM directory.accounts
        WHERE source = $1 AND deleted_at > pg_catalog.statement_timestamp() - interval '24 hours'
          AND (deleted_at <= pg_catalog.statement_timestamp()
               OR deleted_at > coalesce((
                   SELECT pg_catalog.max(p.at)
                   FROM directory_internal.applied p
                   WHERE p.source = $1
                     AND p.run_id < (SELECT pg_catalog.max(r.id) FROM directory.runs r
                                     WHERE r.source = $1 AND r.started_at <= pg_catalog.statement_timestamp() - interval '24 hours')), '-infinity')))
