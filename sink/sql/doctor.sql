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

-- name: reader_rights
-- Rights that the reader role lacks, and those that it must not have; no row where
-- the role does not exist. Rights from PUBLIC or another role count. $1 role,
-- $2 relations, $3 functions.
WITH reader AS (
    SELECT oid, rolname FROM pg_catalog.pg_roles WHERE rolname = $1
), relations AS (
    SELECT pg_catalog.to_regclass(name)::oid AS oid, name FROM pg_catalog.unnest($2::text[]) AS name
), functions AS (
    SELECT pg_catalog.to_regprocedure(name)::oid AS oid, name FROM pg_catalog.unnest($3::text[]) AS name
)
SELECT 'schema directory' AS object, true AS missing, pg_catalog.format('GRANT USAGE ON SCHEMA directory TO %I', r.rolname) AS statement,
       pg_catalog.pg_has_role(n.nspowner, 'USAGE') OR pg_catalog.has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION') AS able
FROM reader r, pg_catalog.pg_namespace n
WHERE n.nspname = 'directory' AND NOT pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
UNION ALL
SELECT o.name, true, pg_catalog.format('GRANT SELECT ON %s TO %I', o.name, r.rolname),
       pg_catalog.pg_has_role(c.relowner, 'USAGE') OR pg_catalog.has_table_privilege(c.oid, 'SELECT WITH GRANT OPTION')
FROM reader r, relations o JOIN pg_catalog.pg_class c ON c.oid = o.oid
WHERE NOT pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT')
UNION ALL
SELECT o.name, true, pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO %I', o.name, r.rolname),
       pg_catalog.pg_has_role(p.proowner, 'USAGE') OR pg_catalog.has_function_privilege(p.oid, 'EXECUTE WITH GRANT OPTION')
FROM reader r, functions o JOIN pg_catalog.pg_proc p ON p.oid = o.oid
WHERE NOT pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')
UNION ALL
SELECT 'schema directory_internal', false, pg_catalog.format('REVOKE ALL ON SCHEMA directory_internal FROM %I', r.rolname),
       pg_catalog.pg_has_role(n.nspowner, 'USAGE')
FROM reader r, pg_catalog.pg_namespace n
WHERE n.nspname = 'directory_internal' AND n.nspowner <> r.oid
  AND EXISTS (SELECT FROM pg_catalog.aclexplode(n.nspacl) a WHERE a.grantee = r.oid AND a.grantor = n.nspowner)
UNION ALL
SELECT pg_catalog.format('directory_internal.%I', c.relname), false,
       pg_catalog.format('REVOKE ALL ON %s directory_internal.%I FROM %I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname, r.rolname),
       pg_catalog.pg_has_role(c.relowner, 'USAGE')
FROM reader r, pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'directory_internal' AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relowner <> r.oid
  AND EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) a WHERE a.grantee = r.oid AND a.grantor = c.relowner)
ORDER BY object;

-- name: lock_holders
-- Sessions that hold what a session waits for; pid 0 is a prepared transaction.
-- $1 pid of the waiting session.
SELECT b.pid, coalesce(a.usename::text, '') AS role, coalesce(a.application_name, '') AS application,
       coalesce(a.backend_type = 'autovacuum worker', false) AS autovacuum, a.xact_start AS since,
       (SELECT s.setting::bigint * 1000000 FROM pg_catalog.pg_settings s WHERE s.name = 'deadlock_timeout') AS deadlock_timeout
FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::int)) AS pid) b
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
ORDER BY b.pid;

-- name: count_accounts
-- Counts the live accounts of $1, and those of them that name an unknown parent.
SELECT (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL) AS live,
       (SELECT pg_catalog.count(*) FROM directory.accounts a
        WHERE a.source = $1 AND a.parent_id IS NULL AND a.parent_external_id IS NOT NULL AND a.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM directory.accounts p WHERE p.source = $1 AND p.external_id = a.parent_external_id)) AS orphans;

-- name: gauges
-- Metrics of each source, by index look-ups only. $1 sources.
SELECT s.source, c.last_applied_at,
       (SELECT h.last_success_at FROM directory.source_health h WHERE h.source = s.source) AS succeeded_at,
       (SELECT pg_catalog.count(*) FROM directory.held_deletions h WHERE h.source = s.source) AS held,
       (SELECT pg_catalog.count(*) FROM directory.rejects r WHERE r.source = s.source AND r.resolved_at IS NULL) AS rejects,
       (SELECT pg_catalog.count(*) FROM directory_internal.pending_refresh h WHERE h.source = s.source) AS hints
FROM pg_catalog.unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.connection c ON c.name = s.source;
