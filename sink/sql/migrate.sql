-- name: lock_holders
-- Sessions that hold what a session waits for; pid 0 is a prepared transaction.
-- $1 pid of the waiting session.
SELECT b.pid, coalesce(a.usename::text, '') AS role, coalesce(a.application_name, '') AS application,
       coalesce(a.backend_type = 'autovacuum worker', false) AS autovacuum, a.xact_start AS since,
       (SELECT s.setting::bigint * 1000000 FROM pg_catalog.pg_settings s WHERE s.name = 'deadlock_timeout') AS deadlock_timeout
FROM (SELECT DISTINCT pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::int)) AS pid) b
LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
ORDER BY b.pid;

-- name: reader_role
-- Whether the analysts' role exists, and whether this role may create roles. $1 the former.
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1), rolsuper OR rolcreaterole
FROM pg_catalog.pg_roles
WHERE rolname = current_user;

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
