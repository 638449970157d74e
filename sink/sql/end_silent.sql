-- Ends the sessions that hold a connection and of which nothing was heard for
-- $2 seconds: neither over the session itself nor, by its process, over another.
-- A process that was stopped, or cut off, so lets go of its lock. They are
-- chosen first: as one more condition, the end would come before the others.
-- An instant in the future is of a clock that was set back since: a beat then
-- counts from now, and the state of a session says nothing.
-- $1 class of the locks.
WITH set_back AS (
    UPDATE directory_internal.beat SET beat_at = pg_catalog.clock_timestamp()
    WHERE beat_at > pg_catalog.clock_timestamp() + interval '1 minute'
), silent AS MATERIALIZED (
    SELECT c.name, l.pid
    FROM pg_locks l
    JOIN directory_internal.connection c ON c.id = l.objid::bigint
    JOIN pg_stat_activity s ON s.pid = l.pid
    LEFT JOIN directory_internal.beat b ON b.connection_id = c.id AND b.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.classid::bigint = $1 AND l.objsubid = 2 AND l.granted
      AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
      AND l.pid <> pg_catalog.pg_backend_pid()
      -- Whose session this role may not end is left alone: others name it.
      AND CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN true
               WHEN (SELECT rolsuper FROM pg_roles WHERE oid = s.usesysid) THEN false
               ELSE pg_catalog.pg_has_role(s.usesysid, 'USAGE') OR pg_catalog.pg_has_role('pg_signal_backend', 'USAGE') END
      AND greatest(b.beat_at, CASE WHEN s.state_change <= pg_catalog.clock_timestamp() + interval '1 minute' THEN s.state_change END) < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)
)
SELECT name FROM silent WHERE pg_catalog.pg_terminate_backend(pid)
