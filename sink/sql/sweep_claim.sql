-- Takes the sweeping upon itself, unless someone did within $1 seconds. An instant
-- in the future is of a clock that was set back since.
INSERT INTO directory_internal.housekeeping AS h (swept_at)
VALUES (pg_catalog.clock_timestamp())
ON CONFLICT (only_row) DO UPDATE SET swept_at = excluded.swept_at
WHERE h.swept_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1) OR h.swept_at > pg_catalog.clock_timestamp()
RETURNING true
