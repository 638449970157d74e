-- +goose Up
ALTER TABLE directory_internal.connection ADD COLUMN configured boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN directory_internal.connection.configured IS 'Whether ROLLCALL_SOURCES had it when all connections were last run.';

-- Children by the parent's external id: of orphans, and as they hung at a time gone by.
CREATE INDEX accounts_parent_external_id_idx ON directory.accounts (source, parent_external_id) WHERE parent_external_id IS NOT NULL;
DROP INDEX directory.accounts_orphan_idx;
CREATE INDEX account_version_parent_idx ON directory_internal.account_version (parent_external_id, valid_from) WHERE parent_external_id IS NOT NULL;

-- +goose StatementBegin
CREATE FUNCTION directory.tree_as_of(root bigint, at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    -- The branches of the union take the parent's id themselves: a condition on
    -- the view account_history would be looked at after all of it was read.
    WITH RECURSIVE hung AS (
        SELECT a.id, a.source, a.external_id, 0 AS depth
        FROM directory.accounts a
        WHERE a.id = $1
        UNION ALL
        SELECT c.id, h.source, c.external_id, h.depth + 1
        FROM hung h
        CROSS JOIN LATERAL (
            SELECT a.id, a.external_id
            FROM directory.accounts a
            WHERE a.source = h.source AND a.parent_external_id = h.external_id
              AND a.changed_at <= $2 AND a.deleted_at IS NULL
            UNION ALL
            SELECT a.id, a.external_id
            FROM directory_internal.account_version v
            JOIN directory.accounts a ON a.id = v.account_id
            WHERE a.source = h.source AND v.parent_external_id = h.external_id
              AND v.valid_from <= $2 AND v.valid_to > $2 AND v.deleted_at IS NULL
        ) c
    ) CYCLE id SET again USING way
    SELECT s.*
    FROM hung h
    CROSS JOIN LATERAL (
        SELECT * FROM directory.account_history s
        WHERE s.source = h.source AND s.external_id = h.external_id
          AND s.valid_from <= $2 AND (s.valid_to > $2 OR s.valid_to IS NULL) AND s.deleted_at IS NULL
        OFFSET 0
    ) s
    WHERE NOT h.again
    ORDER BY h.depth, h.id
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION directory.tree_as_of(bigint, timestamptz) IS 'An account and its descendants as they hung at that time, parents before children; nothing if it was not live then.';

-- +goose StatementBegin
CREATE FUNCTION directory.changes(since timestamptz, until timestamptz)
RETURNS TABLE (changed_at timestamptz, account_id bigint, source text, external_id text, operation text, field text, old_value text, new_value text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.valid_from, h.account_id, h.source, h.external_id, h.operation, f.field,
           to_jsonb(b) ->> f.field, to_jsonb(h) ->> f.field
    FROM directory.account_history h
    LEFT JOIN LATERAL unnest(h.changed) AS f (field) ON true
    LEFT JOIN LATERAL (
        SELECT v.* FROM directory_internal.account_version v
        WHERE f.field IS NOT NULL AND v.account_id = h.account_id AND v.valid_to = h.valid_from
        OFFSET 0
    ) b ON true
    WHERE h.valid_from >= $1 AND h.valid_from < $2
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION directory.changes(timestamptz, timestamptz) IS 'What changed from since on and before until: one row a changed field; one row without a field for an account that was created or deleted.';

CREATE VIEW directory.source_health AS
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
    ORDER BY r.id DESC LIMIT 1
) run ON true
LEFT JOIN LATERAL (
    SELECT r.finished_at FROM directory.runs r
    WHERE r.source = c.name AND r.status IN ('succeeded', 'held')
    ORDER BY r.id DESC LIMIT 1
) good ON true;
COMMENT ON VIEW directory.source_health IS 'One row a connection ever run: how it stands.';
COMMENT ON COLUMN directory.source_health.source IS 'Name of the connection.';
COMMENT ON COLUMN directory.source_health.provider IS 'Its provider, as of its last run.';
COMMENT ON COLUMN directory.source_health.configured IS 'Whether ROLLCALL_SOURCES had it when all connections were last run.';
COMMENT ON COLUMN directory.source_health.last_success_at IS 'When a run last read and applied all of it (deletions may be held).';
COMMENT ON COLUMN directory.source_health.last_success_age IS 'How long ago that was.';
COMMENT ON COLUMN directory.source_health.last_status IS 'Status of the last run that ended: runs.status.';
COMMENT ON COLUMN directory.source_health.last_finished_at IS 'When that run ended.';
COMMENT ON COLUMN directory.source_health.last_error IS 'What was wrong with it; null where nothing was.';
COMMENT ON COLUMN directory.source_health.accounts_live IS 'Accounts that are not deleted.';
COMMENT ON COLUMN directory.source_health.accounts_deleted IS 'Deleted accounts, which are kept.';
COMMENT ON COLUMN directory.source_health.changes_24h IS 'Accounts created, updated, moved, deleted and restored in the last 24 hours.';
COMMENT ON COLUMN directory.source_health.orphans IS 'Live accounts that name a parent which is unknown.';
COMMENT ON COLUMN directory.source_health.deletions_held IS 'Rows of held_deletions.';
COMMENT ON COLUMN directory.source_health.rejects_open IS 'Rows of rejects that are not resolved.';
