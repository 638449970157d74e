-- What the directory has of accounts. $1 source, $2 external ids.
SELECT external_id, payload, coalesce(parent_external_id, ''), status
FROM directory.accounts
WHERE source = $1 AND external_id = ANY ($2)
