-- $1 seconds to keep, $2 how many at most.
DELETE FROM directory.runs
WHERE id IN (
    SELECT id FROM directory.runs
    WHERE finished_at < clock_timestamp() - make_interval(secs => $1) AND status <> 'running'
    LIMIT $2
)
