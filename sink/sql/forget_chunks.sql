-- Chunks that do not count. $1 connection.id.
DELETE FROM directory_internal.seen_chunk s
USING directory_internal.connection c
WHERE s.connection = $1 AND c.id = $1 AND coalesce(s.run_id > c.remembered_run, true)
