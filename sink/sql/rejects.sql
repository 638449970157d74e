-- name: record_rejects
-- A record that was rejected before for the same reason, and is open, is met
-- again; the others are new. One without an id is known by its payload.
-- $1 run, $2 instant, $3 run of the rows.
WITH met AS (
    SELECT DISTINCT source, external_id, reason, payload
    FROM directory_internal.staged_reject
    WHERE run_id = $3
), again AS (
    UPDATE directory.rejects r
    SET run_id = $1, last_seen_at = $2, payload = m.payload
    FROM met m
    WHERE r.resolved_at IS NULL AND r.source = m.source AND r.reason = m.reason
      AND (r.external_id = m.external_id
           OR r.external_id IS NULL AND m.external_id IS NULL AND r.payload IS NOT DISTINCT FROM m.payload)
    RETURNING r.source, r.reason, r.external_id, r.payload
)
INSERT INTO directory.rejects (run_id, source, external_id, reason, payload, first_seen_at, last_seen_at)
SELECT $1, m.source, m.external_id, m.reason, m.payload, $2, $2
FROM met m
WHERE NOT EXISTS (
    SELECT FROM again o
    WHERE o.source = m.source AND o.reason = m.reason
      AND (o.external_id = m.external_id
           OR o.external_id IS NULL AND m.external_id IS NULL AND o.payload IS NOT DISTINCT FROM m.payload)
);

-- name: count_rejects_without_account
-- How many of the rejected records no live account stands for: those without
-- an id, and each id that was not taken besides. $1 run of the rows.
SELECT pg_catalog.count(*) FILTER (WHERE r.external_id IS NULL) + pg_catalog.count(DISTINCT r.external_id) FILTER (WHERE a.id IS NULL)
FROM directory_internal.staged_reject r
LEFT JOIN directory.accounts a ON a.source = r.source AND a.external_id = r.external_id AND a.deleted_at IS NULL
WHERE r.run_id = $1;

-- name: resolve_unseen
-- A complete run did not meet them: taken by now, or gone. $1 source, $2 run, $3 instant.
UPDATE directory.rejects
SET resolved_at = $3
WHERE source = $1 AND resolved_at IS NULL AND run_id <> $2;

-- name: open_rejects
-- Accounts with rejects that are open and not of this run. $1 source, $2 run.
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

-- name: resolve_taken
-- Accounts that a part of a listing brought in good order. $1 source, $2 run, $3 instant,
-- $4 run of the rows.
UPDATE directory.rejects r
SET resolved_at = $3
FROM {staged} s
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.run_id <> $2
  AND s.run_id = $4 AND s.external_id = r.external_id;

-- name: resolve_replayed
-- Rejects that were tried again and are accounts now. $1 source, $2 the member
-- of an object that is its id, $3 instant.
UPDATE directory.rejects r
SET resolved_at = $3
FROM directory.accounts a
WHERE r.source = $1 AND r.resolved_at IS NULL AND r.payload IS NOT NULL
  AND a.source = $1 AND a.external_id = r.payload ->> $2::text AND a.payload = r.payload;

-- name: resolve_retired
-- What could not be taken of accounts that were deleted by hand is settled.
-- $1 source, $2 instant, $3 whether the whole connection goes.
UPDATE directory.rejects r
SET resolved_at = $2
WHERE r.source = $1 AND r.resolved_at IS NULL
  AND ($3 OR EXISTS (SELECT FROM pg_temp.change c JOIN directory.accounts a ON a.id = c.account_id
                     WHERE a.external_id = r.external_id));
