-- $1 connection.id.
WITH forgotten AS (
    UPDATE directory_internal.connection SET remembered_run = NULL WHERE id = $1
)
DELETE FROM directory_internal.seen_chunk WHERE connection = $1
