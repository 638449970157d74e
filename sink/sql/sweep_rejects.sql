-- A reject that was resolved in the future, by a clock that was set back since,
-- goes with its run. $1 seconds to keep, $2 how many at most.
DELETE FROM directory.rejects
WHERE ctid = ANY (ARRAY(
    SELECT j.ctid FROM directory.rejects j
    WHERE j.resolved_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)
       OR j.resolved_at > pg_catalog.statement_timestamp() AND NOT EXISTS (SELECT FROM directory.runs r WHERE r.id = j.run_id)
    LIMIT $2
))
