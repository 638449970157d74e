-- name: record_rejects
-- An open reject of the same record with the same reason is updated; the other
-- records become new rejects. A record without an id is identified by its payload.
-- $1 run, $2 instant, $3 run of the rows.
WITH staged AS (
    SELECT DISTINCT source, external_id, reason, payload
    FROM directory_internal.staged_reject
    WHERE run_id = $3
), seen_again AS (
    UPDATE directory.rejects r
    SET run_id = $1, last_seen_at = $2, payload = s.payload
    FROM staged s
    WHERE r.resolved_at IS NULL AND r.source = s.source AND r.reason = s.reason
      AND (r.external_id = s.external_id
           OR r.external_id IS NULL AND s.external_id IS NULL AND r.payload IS NOT DISTINCT FROM s.payload)
    RETURNING r.source, r.reason, r.external_id, r.payload
)
INSERT INTO directory.rejects (run_id, source, external_id, reason, payload, first_seen_at, last_seen_at)
SELECT $1, s.source, s.external_id, s.reason, s.payload, $2, $2
FROM staged s
WHERE NOT EXISTS (
    SELECT FROM seen_again o
    WHERE o.source = s.source AND o.reason = s.reason
      AND (o.external_id = s.external_id
           OR o.external_id IS NULL AND s.external_id IS NULL AND o.payload IS NOT DISTINCT FROM s.payload)
);

-- name: count_rejects_without_account
-- Counts the rejected records that belong to no live account: those without an id,
-- and each other id once. $1 run of the rows.
SELECT pg_catalog.count(*) FILTER (WHERE r.external_id IS NULL) + pg_catalog.count(DISTINCT r.external_id) FILTER (WHERE a.id IS NULL)
FROM directory_internal.staged_reject r
LEFT JOIN directory.accounts a ON a.source = r.source AND a.external_id = r.external_id AND a.deleted_at IS NULL
WHERE r.run_id = $1;

-- name: resolve_unseen
-- Resolves rejects that a complete run did not meet: their records are accepted by
-- now, or no longer listed. $1 source, $2 run, $3 instant.
UPDATE directory.rejects
SET resolved_at = $3
WHERE source = $1 AND resolved_at IS NULL AND run_id <> $2;

-- name: open_rejects
-- Accounts with open rejects that are not of this run. $1 source, $2 run.
SELECT a.id
FROM directory.rejects r
JOIN directory.accounts a ON a.source = r.source AND a.external_id = r.external_id
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2;

-- name: resolve_seen
-- $1 source, $2 run, $3 instant, $4 ids of accounts.
UPDATE directory.rejects r
SET resolved_at = $3
FROM directory.accounts a
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2
  AND a.id = ANY ($4) AND a.source = r.source AND a.external_id = r.external_id;

-- name: resolve_staged
-- Resolves rejects of accounts that an incomplete listing staged. $1 source, $2 run,
-- $3 instant, $4 run of the rows.
UPDATE directory.rejects r
SET resolved_at = $3
FROM {staged} s
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2
  AND s.run_id = $4 AND s.external_id = r.external_id;

-- name: resolve_replayed
-- Resolves rejects that a replay accepted. $1 source, $2 name of the member of an
-- object that is its id, $3 instant.
UPDATE directory.rejects r
SET resolved_at = $3
FROM directory.accounts a
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.payload IS NOT NULL
  AND a.source = $1 AND a.external_id = r.payload ->> $2::text AND a.payload = r.payload;

-- name: resolve_retired
-- Resolves rejects of accounts that were deleted by hand. $1 source, $2 instant,
-- $3 whether the whole connection is retired.
UPDATE directory.rejects r
SET resolved_at = $2
WHERE r.source = $1 AND r.resolved_at IS NULL
  AND ($3 OR EXISTS (SELECT FROM pg_temp.change c JOIN directory.accounts a ON a.id = c.account_id
                     WHERE a.external_id = r.external_id));

-- name: stored_rejects
-- Open rejects whose record was kept. $1 source.
SELECT payload
FROM directory.rejects
WHERE source = $1 AND resolved_at IS NULL AND payload IS NOT NULL
ORDER BY last_seen_at;
