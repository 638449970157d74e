-- A run that changed something, or that tells where the accounts come from.
-- $1 connection.id, $2 source, $3 run, $4 instant, $5 adopt, $6 identity, $7 changed.
WITH told AS (
    UPDATE directory_internal.connection
    SET last_applied_at = CASE WHEN $7 THEN $4 ELSE last_applied_at END,
        identity = CASE WHEN $5 THEN $6 ELSE identity END,
        remembered_run = CASE WHEN $7 THEN NULL ELSE remembered_run END -- unless it is set again
    WHERE id = $1
)
INSERT INTO directory_internal.applied (source, at, run_id)
SELECT $2, $4, $3
WHERE $7
