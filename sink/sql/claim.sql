-- Claims a tick: of all who saw the same tick before it, one. $1 source, $2 the
-- tick before, null if there was none, $3 the tick, $4 whether a run is to begin.
-- Where none is, since one is on its way, the tick before stays open for that.
INSERT INTO directory_internal.tick AS t (source, tick_at, open_since)
VALUES ($1, $3, CASE WHEN $4::bool THEN pg_catalog.clock_timestamp() END)
ON CONFLICT (source) DO UPDATE SET tick_at = excluded.tick_at, open_since = coalesce(excluded.open_since, t.open_since)
WHERE t.tick_at = $2
