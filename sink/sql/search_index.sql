-- Whether the index for searches is there, and whole.
SELECT count(*) > 0 AS there, coalesce(bool_and(i.indisvalid), false) AS valid
FROM pg_class c
JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'directory'::regnamespace AND c.relname = 'accounts_search_idx'
