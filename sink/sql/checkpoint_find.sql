-- $1 connection.id, $2 period, $3 conditions.
SELECT run_id, cursor, seq, rejects, without_id, unchanged, pages, saved_at
FROM directory_internal.checkpoint
WHERE connection_id = $1 AND period = $2 AND conditions = $3
