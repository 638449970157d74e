-- +goose Up
-- Postgres inlines the first three functions into the caller's query, which a
-- search_path of their own would prevent. They qualify every function and operator
-- instead, so that the caller's search_path has no effect on them.
-- +goose StatementBegin
CREATE FUNCTION directory.accounts_as_of(at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT * FROM directory.account_history h
    WHERE h.valid_from OPERATOR(pg_catalog.<=) $1 AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL) AND h.deleted_at IS NULL
$$;

CREATE FUNCTION directory.descendants(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- Postgres cannot estimate the number of descendants, and would read all
    -- accounts to find a few: OFFSET 0 makes each look-up an index scan. The
    -- function sorts ids, not rows.
    WITH RECURSIVE below AS (
        SELECT a.id, 1 AS level FROM directory.accounts a WHERE a.parent_id OPERATOR(pg_catalog.=) $1
        UNION ALL
        SELECT c.id, b.level OPERATOR(pg_catalog.+) 1
        FROM below b
        CROSS JOIN LATERAL (SELECT a.id FROM directory.accounts a WHERE a.parent_id OPERATOR(pg_catalog.=) b.id OFFSET 0) c
    )
    SELECT a.*
    FROM (SELECT b.id, b.level FROM below b ORDER BY b.level, b.id) b
    CROSS JOIN LATERAL (SELECT * FROM directory.accounts a WHERE a.id OPERATOR(pg_catalog.=) b.id OFFSET 0) a
    ORDER BY b.level, b.id
$$;

CREATE FUNCTION directory.ancestors(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.* FROM directory.accounts p
    WHERE p.id OPERATOR(pg_catalog.<>) $1
      AND p.id OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.unnest(a.path) FROM directory.accounts a WHERE a.id OPERATOR(pg_catalog.=) $1)
    ORDER BY p.depth DESC
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION directory.accounts_as_of(timestamptz) IS 'The accounts that were live at that time, as they were then.';
COMMENT ON FUNCTION directory.descendants(bigint) IS 'All accounts below that one, itself left out, nearest first.';
COMMENT ON FUNCTION directory.ancestors(bigint) IS 'All accounts above that one, itself left out, nearest first.';

-- +goose StatementBegin
CREATE FUNCTION directory.tree_as_of(root bigint, at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    -- Deleted accounts take part, since they keep their children. The recursion
    -- reads the tables and not the view account_history, of which Postgres would
    -- read all before it applies a condition on the parent.
    WITH RECURSIVE subtree AS (
        SELECT a.id, a.source, a.external_id, ARRAY[a.id] AS path, false AS repeated
        FROM directory.accounts a
        WHERE a.id = $1 AND a.first_seen_at <= $2
        UNION ALL
        SELECT c.id, t.source, c.external_id, t.path || c.id, c.id = $1
        FROM subtree t
        CROSS JOIN LATERAL (
            SELECT a.id, a.external_id
            FROM directory.accounts a
            WHERE a.parent_id = t.id AND a.changed_at <= $2
            UNION ALL
            SELECT a.id, a.external_id -- where a cycle was broken
            FROM directory.accounts a
            WHERE a.source = t.source AND a.parent_external_id = t.external_id AND a.parent_id IS NULL
              AND a.changed_at <= $2
            UNION ALL
            SELECT v.account_id, v.external_id
            FROM directory_internal.account_version v
            WHERE v.source = t.source AND v.parent_external_id = t.external_id
              AND v.valid_from <= $2 AND v.valid_to > $2
            OFFSET 0
        ) c
        WHERE NOT t.repeated
    ),
    -- Each account has one parent, so that a cycle returns to the topmost account.
    -- It is broken at its smallest external id.
    broken AS (
        SELECT id FROM subtree
        WHERE NOT repeated AND id = ANY ((SELECT path FROM subtree WHERE repeated LIMIT 1)::bigint[])
        ORDER BY external_id COLLATE "C" LIMIT 1
    )
    SELECT s.*
    FROM (
        SELECT t.id, cardinality(t.path) AS level
        FROM subtree t
        WHERE NOT t.repeated AND NOT EXISTS (SELECT FROM broken b WHERE b.id <> $1 AND b.id = ANY (t.path))
        ORDER BY level, t.id
    ) t
    CROSS JOIN LATERAL (
        SELECT * FROM directory.account_history s
        WHERE s.account_id = t.id AND s.valid_from <= $2 AND (s.valid_to > $2 OR s.valid_to IS NULL) AND s.deleted_at IS NULL
        OFFSET 0
    ) s
    ORDER BY t.level, t.id
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION directory.tree_as_of(bigint, timestamptz) IS 'An account and its descendants as the tree was at that time, parents before children. Accounts that were deleted then are left out; their children stay.';

-- +goose StatementBegin
CREATE FUNCTION directory.changes(since timestamptz, until timestamptz)
RETURNS TABLE (changed_at timestamptz, account_id bigint, source text, external_id text, operation text, field text, old_value text, new_value text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    SELECT n.valid_from, n.account_id, n.source, n.external_id, n.operation, f.field,
           CASE f.field
               WHEN 'provider' THEN o.provider WHEN 'parent_external_id' THEN o.parent_external_id WHEN 'name' THEN o.name
               WHEN 'status' THEN o.status WHEN 'kind' THEN o.kind WHEN 'reference' THEN o.reference WHEN 'email' THEN o.email
               WHEN 'phone' THEN o.phone WHEN 'website' THEN o.website WHEN 'domain' THEN o.domain WHEN 'organization' THEN o.organization
               WHEN 'contact_name' THEN o.contact_name WHEN 'street' THEN o.street WHEN 'city' THEN o.city WHEN 'region' THEN o.region
               WHEN 'postal_code' THEN o.postal_code WHEN 'country' THEN o.country WHEN 'timezone' THEN o.timezone
               WHEN 'language' THEN o.language WHEN 'currency' THEN o.currency
               WHEN 'provider_created_at' THEN to_jsonb(o.provider_created_at) #>> '{}'
               WHEN 'provider_updated_at' THEN to_jsonb(o.provider_updated_at) #>> '{}' WHEN 'payload' THEN o.payload::text
               WHEN 'deleted_at' THEN to_jsonb(o.deleted_at) #>> '{}'
           END,
           CASE f.field
               WHEN 'provider' THEN n.provider WHEN 'parent_external_id' THEN n.parent_external_id WHEN 'name' THEN n.name
               WHEN 'status' THEN n.status WHEN 'kind' THEN n.kind WHEN 'reference' THEN n.reference WHEN 'email' THEN n.email
               WHEN 'phone' THEN n.phone WHEN 'website' THEN n.website WHEN 'domain' THEN n.domain WHEN 'organization' THEN n.organization
               WHEN 'contact_name' THEN n.contact_name WHEN 'street' THEN n.street WHEN 'city' THEN n.city WHEN 'region' THEN n.region
               WHEN 'postal_code' THEN n.postal_code WHEN 'country' THEN n.country WHEN 'timezone' THEN n.timezone
               WHEN 'language' THEN n.language WHEN 'currency' THEN n.currency
               WHEN 'provider_created_at' THEN to_jsonb(n.provider_created_at) #>> '{}'
               WHEN 'provider_updated_at' THEN to_jsonb(n.provider_updated_at) #>> '{}' WHEN 'payload' THEN n.payload::text
               WHEN 'deleted_at' THEN to_jsonb(n.deleted_at) #>> '{}'
           END
    FROM (SELECT * FROM directory.account_history h WHERE h.valid_from >= $1 AND h.valid_from < $2 OFFSET 0) n
    LEFT JOIN LATERAL (
        SELECT * FROM directory_internal.account_version v
        WHERE n.changed IS NOT NULL AND v.account_id = n.account_id AND v.valid_from < n.valid_from
        ORDER BY v.valid_from DESC
        LIMIT 1
    ) o ON true
    LEFT JOIN LATERAL unnest(n.changed) AS f (field) ON true
$$;
-- +goose StatementEnd
COMMENT ON FUNCTION directory.changes(timestamptz, timestamptz) IS 'Changes from since on and before until: one row per changed field; one row without a field for an account that was created or deleted.';
