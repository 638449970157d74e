-- The applying transaction takes the connection's row, which a new run would
-- have to write. Is run $2 still its run? And the instant of this one, later
-- than any before it on the connection. $1 connection.id, $2 run.
SELECT coalesce(run_id = $2, false),
       greatest(pg_catalog.clock_timestamp(), last_applied_at + interval '1 microsecond')
FROM directory_internal.connection
WHERE id = $1
FOR UPDATE
