-- Claims a tick once more, for its run that died or that never began: one of all
-- who saw it so. A run that was only about to end when it was looked at has ended
-- by now. A tick that was opened in the future, by a clock that was set back since,
-- counts as one whose run never began. $1 source, $2 the tick, $3 the run that died, null if none began, $4
-- seconds after which it should have.
UPDATE directory_internal.tick t
SET open_since = pg_catalog.clock_timestamp(),
    made_up = CASE WHEN $3::bigint IS NULL THEN t.made_up ELSE t.tick_at END
WHERE t.source = $1 AND t.tick_at = $2
  AND CASE WHEN $3::bigint IS NULL THEN t.open_since NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $4) AND pg_catalog.clock_timestamp() + interval '1 minute'
           ELSE t.made_up IS DISTINCT FROM t.tick_at AND EXISTS (SELECT FROM directory.runs r WHERE r.id = $3 AND r.status = 'running') END
