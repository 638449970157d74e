-- The versions that this run replaces. $1 instant.
INSERT INTO directory_internal.account_version
    (source, external_id, account_id, valid_from, valid_to, operation, changed, {columns}, fingerprint, deleted_at)
SELECT a.source, a.external_id, a.id, a.changed_at, $1, coalesce(h.operation, 'created'), h.changed, {columns:a}, a.fingerprint, a.deleted_at
FROM pg_temp.change c
JOIN directory.accounts a ON a.id = c.account_id
LEFT JOIN directory_internal.account_head h ON h.account_id = a.id
WHERE c.operation <> 'same'
