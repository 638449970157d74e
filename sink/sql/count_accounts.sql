-- How many accounts of $1 are live, and how many of them name a parent that
-- nobody knows.
SELECT (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL) AS live,
       (SELECT pg_catalog.count(*) FROM directory.accounts a
        WHERE a.source = $1 AND a.parent_id IS NULL AND a.parent_external_id IS NOT NULL AND a.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM directory.accounts p WHERE p.source = $1 AND p.external_id = a.parent_external_id)) AS orphans
