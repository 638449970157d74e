-- When connections were last due and last began, which of them have hints to
-- ask for, and the clock that all replicas go by. A scheduled run that is marked
-- as running while nobody holds its connection has died; it is named as long as
-- its tick was not made up. $1 sources, $2 class of the locks, $3 seconds after
-- which the run of a claimed tick should have begun. What lies further in the
-- future than anything puts it is of a clock that was set back since: it is due.
SELECT s.source, t.tick_at, c.started_at,
       coalesce(t.open_since NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $3) AND pg_catalog.clock_timestamp() + interval '1 minute', false) AS unbegun,
       EXISTS (SELECT FROM directory_internal.hint h WHERE h.source = s.source AND h.due_at NOT BETWEEN pg_catalog.clock_timestamp() AND pg_catalog.clock_timestamp() + interval '1 hour') AS hinted,
       (SELECT r.id
        FROM directory.runs r
        WHERE r.source = s.source AND r.status = 'running' AND r.trigger = 'schedule' AND t.made_up IS DISTINCT FROM t.tick_at
          AND NOT EXISTS (
              SELECT FROM pg_locks l
              WHERE l.locktype = 'advisory' AND l.classid::bigint = $2 AND l.objid::bigint = c.id AND l.objsubid = 2 AND l.granted
                AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database()))
        ORDER BY r.id DESC
        LIMIT 1) AS died,
       pg_catalog.clock_timestamp() AS now
FROM pg_catalog.unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.tick t ON t.source = s.source
LEFT JOIN directory_internal.connection c ON c.name = s.source
