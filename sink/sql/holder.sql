-- Who holds a connection's lock, and whether that role may not write to the
-- directory, so that it is no run. $1 class of the locks, $2 connection.id.
SELECT l.pid, coalesce(s.usename::text, ''),
       NOT coalesce(pg_catalog.has_table_privilege(s.usesysid, 'directory_internal.connection'::regclass, 'UPDATE'), true)
FROM pg_locks l
LEFT JOIN pg_stat_activity s ON s.pid = l.pid
WHERE l.locktype = 'advisory' AND l.classid::bigint = $1 AND l.objid::bigint = $2 AND l.objsubid = 2 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database())
  AND l.pid <> pg_catalog.pg_backend_pid()
LIMIT 1
