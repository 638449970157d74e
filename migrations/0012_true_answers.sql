-- +goose Up
-- A success is a whole listing that was read and applied: neither a window, nor a
-- replay, nor a retirement says how the provider is. The last two did not ask it.
CREATE OR REPLACE VIEW directory.source_health AS
SELECT c.name AS source, c.provider, c.configured,
       good.finished_at AS last_success_at, now() - good.finished_at AS last_success_age,
       run.status AS last_status, run.finished_at AS last_finished_at, run.error AS last_error,
       (SELECT count(*) FROM directory.accounts a WHERE a.source = c.name AND a.deleted_at IS NULL) AS accounts_live,
       (SELECT count(*) FROM directory.accounts a WHERE a.source = c.name AND a.deleted_at IS NOT NULL) AS accounts_deleted,
       (SELECT coalesce(sum(r.created + r.updated + r.moved + r.deleted + r.restored), 0)::bigint
        FROM directory.runs r WHERE r.source = c.name AND r.finished_at > now() - interval '24 hours') AS changes_24h,
       (SELECT count(*) FROM directory.accounts a
        WHERE a.source = c.name AND a.parent_external_id IS NOT NULL AND a.parent_id IS NULL AND a.deleted_at IS NULL
          AND NOT EXISTS (SELECT FROM directory.accounts p WHERE p.source = a.source AND p.external_id = a.parent_external_id)) AS orphans,
       (SELECT count(*) FROM directory.held_deletions h WHERE h.source = c.name) AS deletions_held,
       (SELECT count(*) FROM directory.rejects j WHERE j.source = c.name AND j.resolved_at IS NULL) AS rejects_open
FROM directory_internal.connection c
LEFT JOIN LATERAL (
    SELECT r.status, r.finished_at, r.error FROM directory.runs r
    WHERE r.source = c.name AND r.status NOT IN ('running', 'skipped')
      AND NOT (r.trigger = 'manual' AND r.status = 'succeeded' AND NOT r.complete) -- accounts retired by hand
    ORDER BY r.id DESC LIMIT 1
) run ON true
LEFT JOIN LATERAL (
    SELECT r.finished_at FROM directory.runs r
    WHERE r.source = c.name AND r.complete
    ORDER BY r.finished_at DESC LIMIT 1
) good ON true;
COMMENT ON COLUMN directory.source_health.last_status IS 'Status of the last run that ended: runs.status. Accounts retired by hand do not count.';

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION directory.tree_as_of(root bigint, at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    -- The way leads through deleted accounts too, since they keep their children.
    -- The branches of the union take the parent's id themselves: a condition on
    -- the view account_history would be looked at after all of it was read.
    WITH RECURSIVE hung AS (
        SELECT a.id, a.source, a.external_id, ARRAY[a.id] AS way, false AS again
        FROM directory.accounts a
        WHERE a.id = $1 AND a.first_seen_at <= $2
        UNION ALL
        SELECT c.id, h.source, c.external_id, h.way || c.id, c.id = $1
        FROM hung h
        CROSS JOIN LATERAL (
            SELECT a.id, a.external_id
            FROM directory.accounts a
            WHERE a.parent_id = h.id AND a.changed_at <= $2
            UNION ALL
            SELECT a.id, a.external_id -- where a cycle was broken
            FROM directory.accounts a
            WHERE a.source = h.source AND a.parent_external_id = h.external_id AND a.parent_id IS NULL
              AND a.changed_at <= $2
            UNION ALL
            SELECT v.account_id, v.external_id
            FROM directory_internal.account_version v
            WHERE v.source = h.source AND v.parent_external_id = h.external_id
              AND v.valid_from <= $2 AND v.valid_to > $2
            OFFSET 0
        ) c
        WHERE NOT h.again
    ),
    -- Each account has one parent, so that a cycle comes back to the topmost one;
    -- it is broken at its smallest external id.
    broken AS (
        SELECT id FROM hung
        WHERE NOT again AND id = ANY ((SELECT way FROM hung WHERE again LIMIT 1)::bigint[])
        ORDER BY external_id COLLATE "C" LIMIT 1
    )
    SELECT s.*
    FROM (
        SELECT h.id, cardinality(h.way) AS level
        FROM hung h
        WHERE NOT h.again AND NOT EXISTS (SELECT FROM broken b WHERE b.id <> $1 AND b.id = ANY (h.way))
        ORDER BY level, h.id
    ) h
    CROSS JOIN LATERAL (
        SELECT * FROM directory.account_history s
        WHERE s.account_id = h.id AND s.valid_from <= $2 AND (s.valid_to > $2 OR s.valid_to IS NULL) AND s.deleted_at IS NULL
        OFFSET 0
    ) s
    ORDER BY h.level, h.id
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION directory.tree_as_of(bigint, timestamptz) IS 'An account and its descendants as they hung at that time, those that were live then, parents before children. Deleted ones are left out, and keep their children.';

COMMENT ON COLUMN directory.runs.applied_seq IS 'Given in the order in which runs became visible; null where a run changed nothing. What an incremental reader keeps, who reads more often than ROLLCALL_RETENTION.';
