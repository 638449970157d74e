-- Takes the connection from its run, so that a run that lost its lock cannot apply.
-- Returns the name of its staging table. $1 connection.id.
UPDATE directory_internal.connection SET run_id = NULL, remembered_run = NULL
WHERE id = $1
RETURNING CASE WHEN pg_catalog.to_regclass(pg_catalog.concat('directory_internal.staged_', id)) IS NULL THEN '' ELSE pg_catalog.concat('staged_', id) END
