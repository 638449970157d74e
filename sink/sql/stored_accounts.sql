-- Accounts of a source in the order of their ids. $1 source, $2 after that
-- external id, $3 how many.
SELECT external_id, payload, coalesce(parent_external_id, ''), status
FROM directory.accounts
WHERE source = $1 AND external_id > $2
ORDER BY external_id
LIMIT $3
