-- A run begins, holding the lock of its connection: a run that is still marked
-- as running was killed. That of a tick begins only while the tick is open, and
-- closes it. $1 source, $2 provider, $3 trigger, $4 whether it is that of a tick.
WITH tick AS (
    UPDATE directory_internal.tick SET open_since = NULL
    WHERE $4 AND source = $1 AND open_since IS NOT NULL
    RETURNING source
), killed AS (
    UPDATE directory.runs
    SET status = 'interrupted', finished_at = greatest(pg_catalog.statement_timestamp(), started_at), -- before started_at below
        error = 'the process or its session with the database ended; nothing was applied'
    WHERE source = $1 AND status = 'running'
), left_over AS (
    DELETE FROM directory_internal.staged_reject r
    WHERE r.source = $1 AND NOT EXISTS (SELECT FROM directory_internal.checkpoint c WHERE c.run_id = r.run_id)
), begun AS (
    INSERT INTO directory.runs (source, trigger, status, started_at)
    SELECT $1, $3, 'running', pg_catalog.clock_timestamp()
    WHERE NOT $4 OR EXISTS (SELECT FROM tick)
    RETURNING id
), held AS (
    UPDATE directory_internal.connection
    SET run_id = (SELECT id FROM begun), provider = $2,
        started_at = CASE WHEN $3 IN ('schedule', 'manual') THEN pg_catalog.clock_timestamp() ELSE started_at END
    WHERE name = $1 AND EXISTS (SELECT FROM begun)
)
SELECT id FROM begun
