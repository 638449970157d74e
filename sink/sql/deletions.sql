-- name: count_live
-- How many accounts of $1 are live, and how many were deleted within a day. An
-- instant in the future is of a clock that was set back since: such a deletion is
-- older than a day where a run after it began that long ago.
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
-- $1 accounts proven alive, $2 whether all others are deleted (else those in
-- held_deletions: the operator allowed them, or a second listing left them out), $3 source.
INSERT INTO pg_temp.change (account_id, operation, changed)
SELECT m.account_id, 'deleted', NULL
FROM pg_temp.missing m
WHERE m.account_id <> ALL (coalesce($1::bigint[], '{}'))
  AND ($2 OR EXISTS (SELECT FROM directory.held_deletions h WHERE h.source = $3 AND h.account_id = m.account_id));

-- name: release_found
-- What is no longer missing, or deleted now, is no longer held. $1 source.
DELETE FROM directory.held_deletions h
WHERE h.source = $1
  AND (NOT EXISTS (SELECT FROM pg_temp.missing m WHERE m.account_id = h.account_id)
       OR EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = h.account_id AND c.operation = 'deleted'));

-- name: release_deleted
-- What was deleted by hand is no longer held. $1 source.
DELETE FROM directory.held_deletions h
USING pg_temp.change c
WHERE h.source = $1 AND c.account_id = h.account_id AND c.operation = 'deleted';

-- name: hold
-- The missing accounts that are not deleted. held_at stays what it first was.
-- $1 source, $2 run, $3 instant, $4 reason.
INSERT INTO directory.held_deletions (source, external_id, account_id, run_id, held_at, reason)
SELECT $1, a.external_id, a.id, $2, $3, $4
FROM pg_temp.missing m
JOIN directory.accounts a ON a.id = m.account_id
WHERE NOT EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = m.account_id AND c.operation = 'deleted')
ON CONFLICT (source, external_id) DO UPDATE SET run_id = excluded.run_id, reason = excluded.reason;
