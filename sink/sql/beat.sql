-- A sign of life of the process whose session $2 holds connection $1. No row is
-- written where it does not any more. $3 class of the lock.
INSERT INTO directory_internal.beat (connection_id, pid, beat_at)
SELECT $1::int, $2::int, pg_catalog.clock_timestamp()
WHERE EXISTS (
    SELECT FROM pg_locks
    WHERE pid = $2::int AND locktype = 'advisory' AND classid::bigint = $3::bigint AND objid::bigint = $1::int AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
)
ON CONFLICT (connection_id) DO UPDATE SET pid = excluded.pid, beat_at = excluded.beat_at
