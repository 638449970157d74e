-- The chunks that came no more go; those that came again, or first, count from
-- now on. $1 connection.id, $2 run, $3 digests that came no more.
WITH remembered AS (
    UPDATE directory_internal.connection SET remembered_run = $2 WHERE id = $1
)
DELETE FROM directory_internal.seen_chunk WHERE connection = $1 AND digest = ANY ($3) AND run_id < $2
