-- Our tables that have those columns. $1 columns.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY ($1) AND NOT a.attisdropped
WHERE c.relkind = 'r' AND n.nspname IN ('directory', 'directory_internal')
GROUP BY n.nspname, c.relname
HAVING pg_catalog.count(*) = pg_catalog.cardinality($1::text[])
ORDER BY 1
