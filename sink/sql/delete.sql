-- $1 instant.
UPDATE directory.accounts a
SET deleted_at = $1, changed_at = $1
FROM pg_temp.change c
WHERE a.id = c.account_id AND c.operation = 'deleted'
