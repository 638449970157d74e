-- Checkpoints that are too old. One that was saved in the future is from a clock
-- that was set back since. $1 connection.id, $2 age in seconds.
DELETE FROM directory_internal.checkpoint
WHERE connection_id = $1
  AND saved_at NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)
                       AND pg_catalog.clock_timestamp() + interval '1 minute'
