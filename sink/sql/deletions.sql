-- name: count_live
-- Counts the live accounts of $1, and those deleted within the last 24 hours. An
-- instant in the future comes from a clock that was set back since: such a deletion
-- is older where a later run began more than 24 hours ago.
SELECT (SELECT pg_catalog.count(*) FROM directory.accounts WHERE source = $1 AND deleted_at IS NULL),
       (SELECT pg_catalog.count(*)
        FROM directory.accounts
        WHERE source = $1 AND deleted_at > pg_catalog.statement_timestamp() - interval '24 hours'
          AND (deleted_at <= pg_catalog.statement_timestamp()
               OR deleted_at > coalesce((
                   SELECT pg_catalog.max(p.at)
                   FROM directory_internal.applied_run p
                   WHERE p.source = $1
                     AND p.run_id < (SELECT pg_catalog.max(r.id) FROM directory.runs r
                                     WHERE r.source = $1 AND r.started_at <= pg_catalog.statement_timestamp() - interval '24 hours')), '-infinity')));

-- name: choose_deletions
-- $1 accounts proven alive, $2 whether to delete all others; false deletes those in
-- held_deletions, which the operator allowed or a second listing left out,
-- $3 source.
INSERT INTO pg_temp.change (account_id, operation, changed)
SELECT m.account_id, 'deleted', NULL
FROM pg_temp.missing m
WHERE m.account_id <> ALL (coalesce($1::bigint[], '{}'))
  AND ($2 OR EXISTS (SELECT FROM directory.held_deletions h WHERE h.source = $3 AND h.account_id = m.account_id));

-- name: release_found
-- Releases held deletions of accounts that are no longer missing, or that this run
-- deletes. $1 source.
DELETE FROM directory.held_deletions h
WHERE h.source = $1
  AND (NOT EXISTS (SELECT FROM pg_temp.missing m WHERE m.account_id = h.account_id)
       OR EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = h.account_id AND c.operation = 'deleted'));

-- name: release_deleted
-- Releases held deletions of accounts that were deleted by hand. $1 source.
DELETE FROM directory.held_deletions h
USING pg_temp.change c
WHERE h.source = $1 AND c.account_id = h.account_id AND c.operation = 'deleted';

-- name: hold
-- Holds the deletion of the missing accounts that are not deleted. held_at keeps its
-- first value. $1 source, $2 run, $3 instant, $4 reason.
INSERT INTO directory.held_deletions (source, external_id, account_id, run_id, held_at, reason)
SELECT $1, a.external_id, a.id, $2, $3, $4
FROM pg_temp.missing m
JOIN directory.accounts a ON a.id = m.account_id
WHERE NOT EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = m.account_id AND c.operation = 'deleted')
ON CONFLICT (source, external_id) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason;
