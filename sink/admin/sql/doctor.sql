-- name: doctor_connections
-- The lowest connection limit of this role, and what sets it. The limits of role and
-- database and the reserved connections do not apply to a superuser.
SELECT l.most, l.whose
FROM pg_roles r
CROSS JOIN LATERAL (
    VALUES (pg_catalog.current_setting('max_connections')::int - CASE WHEN r.rolsuper THEN 0 ELSE
                pg_catalog.current_setting('superuser_reserved_connections')::int
                + coalesce(pg_catalog.current_setting('reserved_connections', true)::int, 0) END, 'server (max_connections)'),
           (CASE WHEN NOT r.rolsuper THEN nullif(r.rolconnlimit, -1) END, 'role (CONNECTION LIMIT)'),
           (CASE WHEN NOT r.rolsuper THEN (SELECT nullif(d.datconnlimit, -1) FROM pg_database d WHERE d.datname = pg_catalog.current_database()) END,
            'database (CONNECTION LIMIT)')
) AS l (most, whose)
WHERE r.rolname = current_user AND l.most IS NOT NULL
ORDER BY l.most
LIMIT 1;

-- name: doctor_rights
-- How many of our schemas exist, how many of them and of their relations are owned
-- by a role of which this role is no member, and what this role may do in the
-- database.
WITH ours AS (
    SELECT oid, nspowner AS owner FROM pg_namespace WHERE nspname IN ('directory', 'directory_internal')
)
SELECT (SELECT pg_catalog.count(*) FROM ours),
       (SELECT pg_catalog.count(*) FROM (SELECT owner FROM ours
                              UNION ALL
                              SELECT c.relowner FROM pg_class c JOIN ours n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'v')) o
        WHERE NOT pg_catalog.pg_has_role(o.owner, 'USAGE')),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY');
