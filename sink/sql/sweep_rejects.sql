-- A reject that was resolved in the future, by a clock that was set back since,
-- goes with its run. $1 seconds to keep, $2 how many at most.
DELETE FROM directory.rejects
WHERE ctid = ANY (ARRAY(
    SELECT j.ctid FROM directory.rejects j
    WHERE j.resolved_at < statement_timestamp() - make_interval(secs => $1)
       OR j.resolved_at > statement_timestamp() AND NOT EXISTS (SELECT FROM directory.runs r WHERE r.id = j.run_id)
    LIMIT $2
))
