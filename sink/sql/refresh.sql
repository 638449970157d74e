-- An account that was unlinked keeps the fingerprint that no record has.
-- A new release's fingerprint of an account whose columns are as they were. $1 run.
UPDATE directory.accounts a
SET fingerprint = s.fingerprint
FROM {staged} s
JOIN pg_temp.change c ON c.account_id = s.account_id
WHERE a.id = s.account_id AND s.run_id = $1 AND c.operation = 'same' AND a.fingerprint <> s.fingerprint AND a.fingerprint <> '\x00'
