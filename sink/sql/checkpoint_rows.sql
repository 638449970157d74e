-- What is staged up to a checkpoint: each row has its own seq, counted from 1,
-- so that a number tells whether a crash of the server has taken any.
-- $1 run of the rows, $2 seq, $3 rejects, $4 what full detail adds to seq.
SELECT (SELECT pg_catalog.count(*) FROM {staged} WHERE run_id = $1 AND seq % $4 <= $2),
       (SELECT pg_catalog.count(*) FROM directory_internal.staged_reject WHERE run_id = $1 AND seq <= $3)
