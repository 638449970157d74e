-- The lowest limit of connections that this role meets, and whose it is. Those of
-- role and database do not hold for a superuser, nor what is kept for it.
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
LIMIT 1
