-- name: sweep_claim
-- Claims the sweep, unless a process did so within $1 seconds. An instant in the
-- future comes from a clock that was set back since.
INSERT INTO directory_internal.housekeeping AS h (swept_at)
VALUES (pg_catalog.clock_timestamp())
ON CONFLICT (only_row) DO UPDATE SET swept_at = excluded.swept_at
WHERE h.swept_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1) OR h.swept_at > pg_catalog.clock_timestamp()
RETURNING true;

-- name: sweep_runs
-- Deletes old runs. Each source keeps its last run and its last complete run,
-- however old: source_health reads them. A run that finished in the future, by a
-- clock that was set back since, is as old as a later run of its source. $1 seconds
-- to keep, $2 limit.
DELETE FROM directory.runs
WHERE id IN (
    SELECT r.id FROM directory.runs r
    WHERE r.status <> 'running'
      AND (r.finished_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)
           OR r.finished_at > pg_catalog.statement_timestamp()
              AND EXISTS (SELECT FROM directory.runs later
                          WHERE later.source = r.source AND later.id > r.id
                            AND later.finished_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)))
      AND EXISTS (SELECT FROM directory.runs later
                  WHERE later.source = r.source AND later.id > r.id AND later.status NOT IN ('running', 'skipped')
                    AND (later.complete OR NOT r.complete))
    LIMIT $2
);

-- name: sweep_rejects
-- Deletes old rejects. A reject that was resolved in the future, by a clock that was
-- set back since, is deleted with its run. $1 seconds to keep, $2 limit.
DELETE FROM directory.rejects
WHERE ctid = ANY (ARRAY(
    SELECT j.ctid FROM directory.rejects j
    WHERE j.resolved_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)
       OR j.resolved_at > pg_catalog.statement_timestamp() AND NOT EXISTS (SELECT FROM directory.runs r WHERE r.id = j.run_id)
    LIMIT $2
));

-- name: sweep_staged
-- Deletes rejects that killed runs staged, except those of a checkpoint.
DELETE FROM directory_internal.staged_reject s
WHERE NOT EXISTS (SELECT FROM directory_internal.checkpoint c WHERE c.run_id = s.run_id)
  AND NOT EXISTS (SELECT FROM directory_internal.connection c JOIN directory.runs r ON r.id = c.run_id
                  WHERE c.name = s.source AND r.status = 'running');

-- name: forget_ancestor
-- Detaches the accounts below the one that is erased: its children become roots, and
-- all paths lose what was above. $1 account.
WITH RECURSIVE below AS (
    SELECT id FROM directory.accounts WHERE parent_id = $1
    UNION ALL
    SELECT a.id FROM below b JOIN directory.accounts a ON a.parent_id = b.id
)
UPDATE directory.accounts a
SET parent_id = nullif(a.parent_id, $1),
    root_id = a.path[pg_catalog.array_position(a.path, $1) + 1],
    depth = a.depth - pg_catalog.array_position(a.path, $1),
    path = a.path[pg_catalog.array_position(a.path, $1) + 1:]
FROM below b
WHERE a.id = b.id;

-- name: forget_cycle
-- A cycle that was broken at the root above the erased account no longer exists: the
-- root joins the parent that it names, with all its descendants. $1 root, $2 erased
-- account.
WITH RECURSIVE joins AS (
    SELECT y.id, p.id AS parent_id, p.root_id, p.depth, p.path
    FROM directory.accounts y
    JOIN directory.accounts p ON p.source = y.source AND p.external_id = y.parent_external_id
    WHERE y.id = $1 AND y.id <> $2 AND p.id <> $2 AND y.parent_id IS NULL AND p.root_id <> y.id
), tree AS (
    SELECT id FROM joins
    UNION ALL
    SELECT a.id FROM tree t JOIN directory.accounts a ON a.parent_id = t.id
)
UPDATE directory.accounts a
SET parent_id = CASE WHEN a.id = j.id THEN j.parent_id ELSE a.parent_id END,
    root_id = j.root_id, depth = j.depth + 1 + a.depth, path = pg_catalog.array_cat(j.path, a.path)
FROM tree t, joins j
WHERE a.id = t.id;

-- name: forget_mentions
-- Erases the account's external id from the texts of runs and held deletions.
-- $1 source, $2 pattern of the id, with one group before and one behind it.
WITH held AS (
    UPDATE directory.held_deletions SET reason = pg_catalog.regexp_replace(reason, $2, '\1[forgotten]\2', 'g')
    WHERE source = $1 AND reason ~ $2
)
UPDATE directory.runs SET error = pg_catalog.regexp_replace(error, $2, '\1[forgotten]\2', 'g')
WHERE source = $1 AND error ~ $2;

-- name: name_taken
-- Whether a connection of that name was ever run. $1 name.
SELECT EXISTS (SELECT FROM directory_internal.connection WHERE name = $1)
    OR EXISTS (SELECT FROM directory.accounts WHERE source = $1)
    OR EXISTS (SELECT FROM directory.runs WHERE source = $1);

-- name: tables_with
-- rollcall's tables that have all of those columns. $1 columns.
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = ANY ($1) AND NOT a.attisdropped
WHERE c.relkind = 'r' AND n.nspname IN ('directory', 'directory_internal')
GROUP BY n.nspname, c.relname
HAVING pg_catalog.count(*) = pg_catalog.cardinality($1::text[])
ORDER BY 1;

-- name: search_index
-- Whether the search index exists and is valid, and the schema to create its
-- extension in: public, where other programs look for it, if that exists.
SELECT pg_catalog.count(*) > 0 AS there, coalesce(pg_catalog.bool_and(i.indisvalid), false) AS valid,
       CASE WHEN pg_catalog.to_regnamespace('public') IS NULL THEN 'directory_internal' ELSE 'public' END AS home
FROM pg_class c
JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'directory'::regnamespace AND c.relname = 'accounts_search_idx';
