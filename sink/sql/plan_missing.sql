-- Missing accounts: deleted, or held.
SELECT CASE WHEN c.account_id IS NULL THEN 'held' ELSE 'deleted' END AS operation, a.external_id, a.name
FROM pg_temp.missing m
JOIN directory.accounts a ON a.id = m.account_id
LEFT JOIN pg_temp.change c ON c.account_id = m.account_id AND c.operation = 'deleted'
ORDER BY a.external_id
