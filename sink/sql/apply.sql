-- name: fence
-- Locks the connection's row, which a new run would have to update. Returns whether
-- $2 is still its run, and the instant of the run, later than any before it on the
-- connection. $1 connection.id, $2 run.
SELECT coalesce(run_id = $2, false),
       greatest(pg_catalog.clock_timestamp(), last_applied_at + interval '1 microsecond')
FROM directory_internal.connection
WHERE id = $1
FOR UPDATE;

-- name: work_tables
-- Created once per session, empty after each commit.
CREATE TEMP TABLE IF NOT EXISTS change (
    account_id bigint PRIMARY KEY,
    operation  text NOT NULL, -- as in account_history; 'same' where no column differs
    changed    text[]
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS missing (account_id bigint PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS link (
    account_id  bigint NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    parent_id   bigint -- the parent that the provider names, where it is known
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS placement (
    account_id bigint NOT NULL,
    path       bigint[] NOT NULL -- determines parent, root and depth
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS hop (
    account_id bigint PRIMARY KEY,
    next_id    bigint NOT NULL,
    least      text COLLATE "C" NOT NULL
) ON COMMIT DELETE ROWS;
SET LOCAL work_mem = '64MB';
-- Enough to distinguish a large table from a small one; the default costs ten times as much.
SET LOCAL default_statistics_target = 10;
SAVEPOINT staged;

-- name: classify
-- The change detection: what each staged account that is known does to its row.
-- deleted and restored take precedence over moved, moved over updated. Where no
-- column differs (only the fingerprint of a new release, or only volatile members of
-- the payload), nothing changed. $1 run, $2 volatile members of the payload,
-- $3 whether deleted accounts stay deleted (a replay).
INSERT INTO pg_temp.change (account_id, operation, changed)
SELECT d.account_id,
       CASE
           WHEN d.deleted_at IS NOT NULL AND NOT $3 THEN 'restored'
           WHEN d.changed OPERATOR(pg_catalog.=) '{}' OR d.changed OPERATOR(pg_catalog.=) '{payload}' AND d.payload_same THEN 'same'
           WHEN 'parent_external_id' = ANY (d.changed) THEN 'moved'
           ELSE 'updated'
       END,
       CASE WHEN d.deleted_at IS NOT NULL AND NOT $3 THEN pg_catalog.array_append(d.changed, 'deleted_at') ELSE d.changed END
FROM (
    SELECT a.id AS account_id, a.deleted_at,
           a.payload - $2::text[] = s.payload - $2::text[] AS payload_same,
           pg_catalog.array_remove(ARRAY[{changed:a,s}], NULL) AS changed
    FROM {staged} s
    JOIN directory.accounts a ON a.id = s.account_id
    WHERE s.run_id = $1 AND s.known
) d;

-- name: history
-- The versions that this run replaces. $1 instant.
INSERT INTO directory_internal.account_version
    (source, external_id, account_id, valid_from, valid_to, operation, changed, {columns}, fingerprint, deleted_at)
SELECT a.source, a.external_id, a.id, a.changed_at, $1, coalesce(h.operation, 'created'), h.changed, {columns:a}, a.fingerprint, a.deleted_at
FROM pg_temp.change c
JOIN directory.accounts a ON a.id = c.account_id
LEFT JOIN directory_internal.last_change h ON h.account_id = a.id
WHERE c.operation <> 'same';

-- name: last_change
-- The operations that make the versions that this run writes.
INSERT INTO directory_internal.last_change (account_id, operation, changed)
SELECT account_id, operation, changed
FROM pg_temp.change
WHERE operation <> 'same'
ON CONFLICT (account_id) DO UPDATE SET operation = excluded.operation, changed = excluded.changed;

-- name: delete
-- $1 instant.
UPDATE directory.accounts a
SET deleted_at = $1, changed_at = $1
FROM pg_temp.change c
WHERE a.id = c.account_id AND c.operation = 'deleted';

-- name: update
-- Changed accounts get the staged columns, and their place where that changed too,
-- so that each row is written once. $1 run, $2 instant.
UPDATE directory.accounts a
SET {assign:s}, fingerprint = s.fingerprint, changed_at = $2, deleted_at = CASE WHEN c.operation <> 'restored' THEN a.deleted_at END,
    parent_id = CASE WHEN p.path IS NULL THEN a.parent_id ELSE p.path[pg_catalog.cardinality(p.path) - 1] END,
    root_id = coalesce(p.path[1], a.root_id),
    depth = coalesce(pg_catalog.cardinality(p.path) - 1, a.depth),
    path = coalesce(p.path, a.path)
FROM {staged} s
JOIN pg_temp.change c ON c.account_id = s.account_id
LEFT JOIN pg_temp.placement p ON p.account_id = s.account_id
WHERE a.id = s.account_id AND s.run_id = $1 AND c.operation IN ('updated', 'moved', 'restored');

-- name: refresh_fingerprints
-- A new release may have another fingerprint for an account whose columns are
-- unchanged. An account that was staged as a root keeps the fingerprint that no
-- record has. $1 run.
UPDATE directory.accounts a
SET fingerprint = s.fingerprint
FROM {staged} s
JOIN pg_temp.change c ON c.account_id = s.account_id
WHERE a.id = s.account_id AND s.run_id = $1 AND c.operation = 'same' AND a.fingerprint <> s.fingerprint AND a.fingerprint <> '\x00';

-- name: insert
-- New accounts, in their place. Accounts without a parent are not in placement.
-- $1 run, $2 source, $3 instant.
INSERT INTO directory.accounts
    (id, source, external_id, parent_id, root_id, depth, path, {columns}, fingerprint, first_seen_at, changed_at)
SELECT s.account_id, $2, s.external_id, p.path[pg_catalog.cardinality(p.path) - 1], coalesce(p.path[1], s.account_id), coalesce(pg_catalog.cardinality(p.path) - 1, 0),
       coalesce(p.path, ARRAY[s.account_id]), {columns:s}, s.fingerprint, $3, $3
FROM {staged} s
LEFT JOIN pg_temp.placement p ON p.account_id = s.account_id
WHERE s.run_id = $1 AND NOT s.known;

-- name: payload_fields
-- Adds what a run saw of a provider's fields. $1 provider, $2 run, then per field,
-- in the order of their paths: $3 path, $4 types, separated by commas, $5 count.
INSERT INTO directory.payload_fields AS f (provider, path, types, first_run, last_run, count)
SELECT $1, g.path, pg_catalog.string_to_array(g.types, ','), $2, $2, g.count
FROM unnest($3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS g (path, types, count, ordinal)
ORDER BY g.ordinal
ON CONFLICT (provider, path) DO UPDATE
SET types = ARRAY(SELECT DISTINCT t FROM pg_catalog.unnest(pg_catalog.array_cat(f.types, excluded.types)) AS t ORDER BY t),
    last_run = excluded.last_run,
    count = f.count + excluded.count;

-- name: record_applied
-- Records a run that changed something or that determines where the accounts come
-- from. $1 connection.id, $2 source, $3 run, $4 instant, $5 adopt, $6 identity,
-- $7 changed.
WITH updated AS (
    UPDATE directory_internal.connection
    SET last_applied_at = CASE WHEN $7 THEN $4 ELSE last_applied_at END,
        identity = CASE WHEN $5 THEN $6 ELSE identity END,
        cached_run = CASE WHEN $7 THEN NULL ELSE cached_run END -- save_chunks may set it again
    WHERE id = $1
)
INSERT INTO directory_internal.applied_run (source, at, run_id)
SELECT $2, $4, $3
WHERE $7;

-- name: finish_run
-- Ends a run that applied. It does not end before it began, even if the clock was
-- set back. $1 run, $2 status, $3 complete, $4 to $13 counts, $14 error.
UPDATE directory.runs
SET status = $2, complete = $3, finished_at = greatest(pg_catalog.clock_timestamp(), started_at),
    pages = $4, fetched = $5, created = $6, updated = $7, moved = $8,
    deleted = $9, restored = $10, unchanged = $11, rejected = $12, held = $13,
    error = nullif($14::text, '')
WHERE id = $1;

-- name: assign_applied_seq
-- Assigns the run's place in the order of visibility. $1 run.
WITH next AS (
    UPDATE directory_internal.applied_counter SET seq = seq + 1 RETURNING seq
)
UPDATE directory.runs SET applied_seq = next.seq FROM next WHERE id = $1;

-- name: plan_created
-- New accounts. $1 run.
SELECT external_id, name
FROM {staged}
WHERE run_id = $1 AND NOT known
ORDER BY external_id;

-- name: plan_changed
-- Accounts that would change, with the row before and after. $1 run.
SELECT c.operation, a.external_id, s.name, c.changed, pg_catalog.to_jsonb(a) AS old, pg_catalog.to_jsonb(s) AS new
FROM pg_temp.change c
JOIN directory.accounts a ON a.id = c.account_id
JOIN {staged} s ON s.account_id = c.account_id AND s.run_id = $1
WHERE c.operation NOT IN ('same', 'deleted')
ORDER BY a.external_id;

-- name: plan_missing
-- Missing accounts, deleted or held.
SELECT CASE WHEN c.account_id IS NULL THEN 'held' ELSE 'deleted' END AS operation, a.external_id, a.name
FROM pg_temp.missing m
JOIN directory.accounts a ON a.id = m.account_id
LEFT JOIN pg_temp.change c ON c.account_id = m.account_id AND c.operation = 'deleted'
ORDER BY a.external_id;
