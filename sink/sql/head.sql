-- What made the versions that this run writes.
INSERT INTO directory_internal.account_head (account_id, operation, changed)
SELECT account_id, operation, changed
FROM pg_temp.change
WHERE operation <> 'same'
ON CONFLICT (account_id) DO UPDATE SET operation = excluded.operation, changed = excluded.changed
