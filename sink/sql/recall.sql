-- Chunks of the last complete listing, and whether they still count. $1 connection.id.
SELECT s.digest, s.run_id = 0 AND c.remembered_run IS NOT NULL
FROM directory_internal.seen_chunk s
JOIN directory_internal.connection c ON c.id = s.connection
WHERE s.connection = $1
ORDER BY s.digest
