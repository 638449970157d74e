-- The chunks that came no more go; this run's count from now on. Those of a run
-- that cannot apply never do. $1 connection.id, $2 run, $3 digests that came no more.
WITH remembered AS (
    UPDATE directory_internal.connection SET remembered_run = $2 WHERE id = $1
), counted AS (
    UPDATE directory_internal.seen_chunk SET run_id = 0 WHERE connection = $1 AND run_id = $2
)
DELETE FROM directory_internal.seen_chunk WHERE connection = $1 AND digest = ANY ($3) AND run_id = 0
