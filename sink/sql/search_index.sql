-- Whether the index for searches is there, and whole, and the schema that its
-- extension goes: where others look for it, if that is there.
SELECT pg_catalog.count(*) > 0 AS there, coalesce(pg_catalog.bool_and(i.indisvalid), false) AS valid,
       CASE WHEN pg_catalog.to_regnamespace('public') IS NULL THEN 'directory_internal' ELSE 'public' END AS home
FROM pg_class c
JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'directory'::regnamespace AND c.relname = 'accounts_search_idx'
