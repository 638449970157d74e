-- Chunks that do not count. $1 connection.id.
DELETE FROM directory_internal.seen_chunk s
USING directory_internal.connection c
WHERE s.connection = $1 AND c.id = $1 AND (s.run_id <> 0 OR c.remembered_run IS NULL)
