-- What was staged after the checkpoint is read again.
-- $1 run of the rows, $2 seq, $3 rejects, $4 what full detail adds to seq.
WITH rejects AS (
    DELETE FROM directory_internal.staged_reject WHERE run_id = $1 AND seq > $3
)
DELETE FROM {staged} WHERE run_id = $1 AND seq % $4 > $2
