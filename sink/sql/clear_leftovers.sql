-- What killed runs have staged, unless a checkpoint tells of it. $1 connection.id.
DELETE FROM {staged}
WHERE run_id NOT IN (SELECT run_id FROM directory_internal.checkpoint WHERE connection_id = $1)
