-- $1 seconds to keep, $2 how many at most.
DELETE FROM directory.rejects
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM directory.rejects
    WHERE resolved_at < clock_timestamp() - make_interval(secs => $1)
    LIMIT $2
))
