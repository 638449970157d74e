-- New accounts. $1 run.
SELECT external_id, name
FROM {staged}
WHERE run_id = $1 AND NOT known
ORDER BY external_id
