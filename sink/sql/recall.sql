-- Chunks of the last complete listing, and whether they still count. $1 connection.id.
SELECT s.digest, coalesce(s.run_id <= c.remembered_run, false)
FROM directory_internal.seen_chunk s
JOIN directory_internal.connection c ON c.id = s.connection
WHERE s.connection = $1
ORDER BY s.digest
