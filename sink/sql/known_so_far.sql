-- What is known of a connection as its run begins. $1 source, $2 connection.id.
SELECT coalesce(identity, ''),
       NOT EXISTS (SELECT FROM directory.accounts WHERE source = $1),
       CASE WHEN pg_catalog.to_regclass(pg_catalog.concat('directory_internal.staged_', id)) IS NULL THEN '' ELSE pg_catalog.concat('staged_', id) END,
       EXISTS (SELECT FROM directory_internal.checkpoint WHERE connection_id = id)
FROM directory_internal.connection
WHERE id = $2
