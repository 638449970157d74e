-- What is missing of the reader role's rights, and what it must not have; nothing
-- while there is no such role. Rights that come from PUBLIC or another role count.
-- $1 role, $2 relations, $3 functions.
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
ORDER BY object
