-- Whether the analysts' role exists, and whether this role may create roles. $1 the former.
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1), rolsuper OR rolcreaterole
FROM pg_catalog.pg_roles
WHERE rolname = current_user
