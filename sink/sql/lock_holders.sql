-- Sessions that hold what a session waits for; pid 0 is a prepared transaction.
-- $1 pid of the waiting session.
SELECT b.pid, coalesce(a.usename::text, '') AS role, coalesce(a.application_name, '') AS application,
       coalesce(a.backend_type = 'autovacuum worker', false) AS autovacuum, a.xact_start AS since,
       (SELECT s.setting::bigint * 1000000 FROM pg_catalog.pg_settings s WHERE s.name = 'deadlock_timeout') AS deadlock_timeout
FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::int)) AS pid) b
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
ORDER BY b.pid
