-- How many accounts of $1 are live, and how many were deleted within a day. An
-- instant in the future is of a clock that was set back since: such a deletion is
-- older than a day where a run after it began that long ago.
SELECT (SELECT count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL),
       (SELECT count(*)
        FROM directory.accounts
        WHERE source = $1 AND deleted_at > statement_timestamp() - interval '24 hours'
          AND (deleted_at <= statement_timestamp()
               OR deleted_at > coalesce((
                   SELECT max(p.at)
                   FROM directory_internal.applied p
                   WHERE p.source = $1
                     AND p.run_id < (SELECT max(r.id) FROM directory.runs r
                                     WHERE r.source = $1 AND r.started_at <= statement_timestamp() - interval '24 hours')), '-infinity')))
