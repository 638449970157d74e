-- $1 seconds to keep, $2 how many at most.
DELETE FROM directory.rejects
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM directory.rejects
    WHERE resolved_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1)
    LIMIT $2
))
