-- Claims a tick once more, for the run that died: one of all who saw it so. A run
-- that was only about to end when it was looked at has ended by now. $1 source,
-- $2 the tick, $3 the run that died.
UPDATE directory_internal.tick t
SET made_up = t.tick_at
WHERE t.source = $1 AND t.tick_at = $2 AND t.made_up IS DISTINCT FROM t.tick_at
  AND EXISTS (SELECT FROM directory.runs r WHERE r.id = $3 AND r.status = 'running')
