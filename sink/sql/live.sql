-- How many accounts of $1 are live, and how many were deleted within a day.
SELECT (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL),
       (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at > pg_catalog.clock_timestamp() - interval '24 hours')
