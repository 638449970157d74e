-- Claims a tick: of all who saw the same tick before it, one. $1 source, $2 the
-- tick before, null if there was none, $3 the tick.
INSERT INTO directory_internal.tick AS t (source, tick_at)
VALUES ($1, $3)
ON CONFLICT (source) DO UPDATE SET tick_at = excluded.tick_at
WHERE t.tick_at = $2
