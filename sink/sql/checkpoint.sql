-- name: checkpoint_find
-- $1 connection.id, $2 period, $3 conditions.
SELECT run_id, cursor, seq, rejects, without_id, unchanged, pages, saved_at
FROM directory_internal.checkpoint
WHERE connection_id = $1 AND period = $2 AND conditions = $3;

-- name: checkpoint_rows
-- Counts the rows staged up to a checkpoint. Each row has a seq of its own, from 1:
-- a lower count means that a crash of the server lost rows. $1 run of the rows,
-- $2 seq, $3 rejects, $4 offset that full detail adds to seq.
SELECT (SELECT pg_catalog.count(*) FROM {staged} WHERE run_id = $1 AND seq % $4 <= $2),
       (SELECT pg_catalog.count(*) FROM directory_internal.staged_reject WHERE run_id = $1 AND seq <= $3);

-- name: checkpoint_cut
-- Drops what was staged after the checkpoint; it is read again. $1 run of the rows,
-- $2 seq, $3 rejects, $4 offset that full detail adds to seq.
WITH rejects AS (
    DELETE FROM directory_internal.staged_reject WHERE run_id = $1 AND seq > $3
)
DELETE FROM {staged} WHERE run_id = $1 AND seq % $4 > $2;

-- name: checkpoint_seen
-- The staged accounts: id, known, full detail, deleted. $1 run of the rows,
-- $2 offset that full detail adds to seq.
SELECT s.account_id, s.known, s.seq >= $2, coalesce(a.deleted_at IS NOT NULL, false)
FROM {staged} s
LEFT JOIN directory.accounts a ON a.id = s.account_id
WHERE s.run_id = $1;

-- name: checkpoint_save
-- $1 connection.id, $2 period, $3 run of the rows, $4 conditions, $5 cursor, $6 to
-- $10 counts.
INSERT INTO directory_internal.checkpoint
    (connection_id, period, run_id, conditions, cursor, seq, rejects, without_id, unchanged, pages, saved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, pg_catalog.clock_timestamp())
ON CONFLICT (connection_id, period) DO UPDATE
SET run_id = excluded.run_id, conditions = excluded.conditions, cursor = excluded.cursor, seq = excluded.seq,
    rejects = excluded.rejects, without_id = excluded.without_id, unchanged = excluded.unchanged,
    pages = excluded.pages, saved_at = excluded.saved_at;

-- name: checkpoint_expire
-- Checkpoints that are too old. One that was saved in the future is from a clock
-- that was set back since. $1 connection.id, $2 age in seconds.
DELETE FROM directory_internal.checkpoint
WHERE connection_id = $1
  AND saved_at NOT BETWEEN pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $2)
                       AND pg_catalog.clock_timestamp() + interval '1 minute';
