-- The staged accounts: what the run before had noted of them.
-- $1 run of the rows, $2 what full detail adds to seq.
SELECT s.account_id, s.known, s.seq >= $2, coalesce(a.deleted_at IS NOT NULL, false)
FROM {staged} s
LEFT JOIN directory.accounts a ON a.id = s.account_id
WHERE s.run_id = $1
