-- $1 connection.id, $2 period, $3 run of the rows, $4 conditions, $5 cursor, then counts.
INSERT INTO directory_internal.checkpoint
    (connection_id, period, run_id, conditions, cursor, seq, rejects, without_id, unchanged, pages, saved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, pg_catalog.clock_timestamp())
ON CONFLICT (connection_id, period) DO UPDATE
SET run_id = excluded.run_id, conditions = excluded.conditions, cursor = excluded.cursor, seq = excluded.seq,
    rejects = excluded.rejects, without_id = excluded.without_id, unchanged = excluded.unchanged,
    pages = excluded.pages, saved_at = excluded.saved_at
