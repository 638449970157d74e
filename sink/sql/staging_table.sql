CREATE UNLOGGED TABLE IF NOT EXISTS {staged}
    (LIKE directory_internal.staged_account INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS)
WITH (autovacuum_enabled = false)
