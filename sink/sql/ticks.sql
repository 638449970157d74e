-- name: ticks
-- When connections were last due and last began, which of them have pending
-- refreshes, and the database's clock, which all replicas use. A scheduled run that
-- is marked as running while no session holds its connection has died; died names it
-- until its tick was retried. An instant further in the future than rollcall ever
-- writes comes from a clock that was set back since: it is due. $1 sources, $2 class
-- of the locks, $3 seconds within which the run of a claimed tick must begin.
SELECT s.source, t.tick_at, c.started_at,
       coalesce(t.open_since NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $3) AND pg_catalog.clock_timestamp() + interval '1 minute', false) AS not_started,
       EXISTS (SELECT FROM directory_internal.pending_refresh h WHERE h.source = s.source AND h.due_at NOT BETWEEN pg_catalog.clock_timestamp() AND pg_catalog.clock_timestamp() + interval '1 hour') AS hinted,
       (SELECT r.id
        FROM directory.runs r
        WHERE r.source = s.source AND r.status = 'running' AND r.trigger = 'schedule' AND t.retried_tick IS DISTINCT FROM t.tick_at
          AND NOT EXISTS (
              SELECT FROM pg_locks l
              WHERE l.locktype = 'advisory' AND l.classid::bigint = $2 AND l.objid::bigint = c.id AND l.objsubid = 2 AND l.granted
                AND l.database = (SELECT oid FROM pg_database WHERE datname = pg_catalog.current_database()))
        ORDER BY r.id DESC
        LIMIT 1) AS died,
       pg_catalog.clock_timestamp() AS now
FROM pg_catalog.unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.tick t ON t.source = s.source
LEFT JOIN directory_internal.connection c ON c.name = s.source;

-- name: claim_tick
-- Claims a tick: one of all replicas that saw the same previous tick succeeds. Where
-- no run is to begin, because one is running, the previous tick stays open for that
-- run. $1 source, $2 the previous tick, null if there was none, $3 the tick,
-- $4 whether a run is to begin.
INSERT INTO directory_internal.tick AS t (source, tick_at, open_since)
VALUES ($1, $3, CASE WHEN $4::bool THEN pg_catalog.clock_timestamp() END)
ON CONFLICT (source) DO UPDATE SET tick_at = excluded.tick_at, open_since = coalesce(excluded.open_since, t.open_since)
WHERE t.tick_at = $2;

-- name: retry_tick
-- Claims a tick once more, because its run died or never began: one of all replicas
-- that saw this succeeds. A run that was about to end when a replica looked has
-- ended by now. A tick opened in the future, by a clock that was set back since,
-- counts as one whose run never began. $1 source, $2 the tick, $3 the run that died,
-- null if none began, $4 seconds within which the run must begin.
UPDATE directory_internal.tick t
SET open_since = pg_catalog.clock_timestamp(),
    retried_tick = CASE WHEN $3::bigint IS NULL THEN t.retried_tick ELSE t.tick_at END
WHERE t.source = $1 AND t.tick_at = $2
  AND CASE WHEN $3::bigint IS NULL THEN t.open_since NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $4) AND pg_catalog.clock_timestamp() + interval '1 minute'
           ELSE t.retried_tick IS DISTINCT FROM t.tick_at AND EXISTS (SELECT FROM directory.runs r WHERE r.id = $3 AND r.status = 'running') END;
