-- name: connection_state
-- State of a connection as its run begins: identity, whether it has no account yet,
-- its staging table, whether it has a checkpoint. $1 source, $2 connection.id.
SELECT coalesce(identity, ''),
       NOT EXISTS (SELECT FROM directory.accounts WHERE source = $1),
       CASE WHEN pg_catalog.to_regclass(pg_catalog.concat('directory_internal.staged_', id)) IS NULL THEN '' ELSE pg_catalog.concat('staged_', id) END,
       EXISTS (SELECT FROM directory_internal.checkpoint WHERE connection_id = id)
FROM directory_internal.connection
WHERE id = $2;

-- name: begin
-- Begins a run; the caller holds the lock of the connection, so that a run still
-- marked as running was killed. The run of a tick begins only while the tick is
-- open, and closes it. $1 source, $2 provider, $3 trigger, $4 whether the run is
-- that of a tick.
WITH tick AS (
    UPDATE directory_internal.tick SET open_since = NULL
    WHERE $4 AND source = $1 AND open_since IS NOT NULL
    RETURNING source
), killed AS (
    UPDATE directory.runs
    SET status = 'interrupted', finished_at = greatest(pg_catalog.statement_timestamp(), started_at), -- before started_at below
        error = 'the process or its session with the database ended; nothing was applied'
    WHERE source = $1 AND status = 'running'
), leftovers AS (
    DELETE FROM directory_internal.staged_reject r
    WHERE r.source = $1 AND NOT EXISTS (SELECT FROM directory_internal.checkpoint c WHERE c.run_id = r.run_id)
), begun AS (
    INSERT INTO directory.runs (source, trigger, status, started_at)
    SELECT $1, $3, 'running', pg_catalog.clock_timestamp()
    WHERE NOT $4 OR EXISTS (SELECT FROM tick)
    RETURNING id
), taken AS (
    UPDATE directory_internal.connection
    SET run_id = (SELECT id FROM begun), provider = $2,
        started_at = CASE WHEN $3 IN ('schedule', 'manual') THEN pg_catalog.clock_timestamp() ELSE started_at END
    WHERE name = $1 AND EXISTS (SELECT FROM begun)
)
SELECT id FROM begun;

-- name: end
-- Ends a run that applied nothing. $1 run, $2 status, $3 error, $4 pages,
-- $5 fetched, $6 rejected.
UPDATE directory.runs
SET status = $2, error = nullif($3::text, ''), finished_at = greatest(pg_catalog.clock_timestamp(), started_at),
    pages = $4, fetched = $5, rejected = $6
WHERE id = $1 AND status = 'running';

-- name: skip
-- Records that a manual sync found the connection held by another run. $1 source.
INSERT INTO directory.runs (source, trigger, status, started_at, finished_at)
VALUES ($1, 'manual', 'skipped', pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp());

-- name: heartbeat
-- Saves a heartbeat of the process whose session $2 holds connection $1; writes no
-- row where the session no longer holds it. $3 class of the lock.
INSERT INTO directory_internal.heartbeat (connection_id, pid, beat_at)
SELECT $1::int, $2::int, pg_catalog.clock_timestamp()
WHERE EXISTS (
    SELECT FROM pg_locks
    WHERE pid = $2::int AND locktype = 'advisory' AND classid::bigint = $3::bigint AND objid::bigint = $1::int AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
)
ON CONFLICT (connection_id) DO UPDATE SET pid = excluded.pid, beat_at = excluded.beat_at;

-- name: terminate_stale
-- Terminates the sessions that hold a connection and sent nothing for $2 seconds,
-- neither over the session itself nor, by a heartbeat of their process, over
-- another. This releases the lock of a process that was stopped or cut off. A CTE
-- selects the sessions first: as one more condition, pg_terminate_backend could run
-- before the others. An instant in the future comes from a clock that was set back
-- since: the heartbeat then counts from now, and the session's state_change is
-- ignored. $1 class of the locks.
WITH future AS (
    UPDATE directory_internal.heartbeat SET beat_at = pg_catalog.clock_timestamp()
    WHERE beat_at > pg_catalog.clock_timestamp() + interval '1 minute'
), stale AS MATERIALIZED (
    SELECT c.name, l.pid
    FROM pg_locks l
    JOIN directory_internal.connection c ON c.id = l.objid::bigint
    JOIN pg_stat_activity s ON s.pid = l.pid
    LEFT JOIN directory_internal.heartbeat b ON b.connection_id = c.id AND b.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.classid::bigint = $1 AND l.objsubid = 2 AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
      AND l.pid <> pg_catalog.pg_backend_pid()
      -- Leave alone sessions that this role may not terminate: lock_holder names them.
      AND CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN true
               WHEN (SELECT rolsuper FROM pg_roles WHERE oid = s.usesysid) THEN false
               ELSE pg_catalog.pg_has_role(s.usesysid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') END
      AND greatest(b.beat_at, CASE WHEN s.state_change <= pg_catalog.clock_timestamp() + interval '1 minute' THEN s.state_change END) < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)
)
SELECT name FROM stale WHERE pg_catalog.pg_terminate_backend(pid);

-- name: lock_holder
-- The session that holds a connection's lock, and whether its role cannot write to
-- the directory, so that it is not a run. $1 class of the locks, $2 connection.id.
SELECT l.pid, coalesce(s.usename::text, ''),
       NOT coalesce(pg_catalog.has_table_privilege(s.usesysid, 'directory_internal.connection'::regclass, 'UPDATE'), true)
FROM pg_locks l
LEFT JOIN pg_stat_activity s ON s.pid = l.pid
WHERE l.locktype = 'advisory' AND l.classid::bigint = $1 AND l.objid::bigint = $2 AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
  AND l.pid <> pg_catalog.pg_backend_pid()
LIMIT 1;

-- name: exclusive
-- Takes the connection from its run, so that a run that lost its lock cannot apply.
-- Returns the name of its staging table. $1 connection.id.
UPDATE directory_internal.connection SET run_id = NULL, remembered_run = NULL
WHERE id = $1
RETURNING CASE WHEN pg_catalog.to_regclass(pg_catalog.concat('directory_internal.staged_', id)) IS NULL THEN '' ELSE pg_catalog.concat('staged_', id) END;

-- name: check_pin
-- The session's search_path. It also unsets transaction_timeout, which is new in
-- Postgres 17: an older server refuses it at the start of a session.
SELECT pg_catalog.current_setting('search_path'::text),
       CASE WHEN pg_catalog.current_setting('transaction_timeout'::text, true) IS NOT NULL
            THEN pg_catalog.set_config('transaction_timeout'::text, '0'::text, false) END;
