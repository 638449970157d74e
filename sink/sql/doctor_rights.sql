-- Schemas that are there, what of them and in them the role neither owns nor is
-- a member of the owner of, and what it may do in the database.
WITH ours AS (
    SELECT oid, nspowner AS owner FROM pg_namespace WHERE nspname IN ('directory', 'directory_internal')
)
SELECT (SELECT pg_catalog.count(*) FROM ours),
       (SELECT pg_catalog.count(*) FROM (SELECT owner FROM ours
                              UNION ALL
                              SELECT c.relowner FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v')) o
        WHERE NOT pg_catalog.pg_has_role(o.owner, 'USAGE')),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY')
