-- +goose Up
-- A version says whose it is, so that history needs no join with accounts and
-- is found by what a provider calls the account.
DROP INDEX directory_internal.account_version_parent_idx;
ALTER TABLE directory_internal.account_version
    ADD COLUMN source text COLLATE "C",
    ADD COLUMN external_id text COLLATE "C";
UPDATE directory_internal.account_version v
SET source = a.source, external_id = a.external_id
FROM directory.accounts a
WHERE a.id = v.account_id;
ALTER TABLE directory_internal.account_version
    ALTER COLUMN source SET NOT NULL,
    ALTER COLUMN external_id SET NOT NULL;
CREATE INDEX account_version_source_external_id_idx ON directory_internal.account_version (source, external_id);
CREATE INDEX account_version_source_parent_idx ON directory_internal.account_version (source, parent_external_id, valid_from) WHERE parent_external_id IS NOT NULL;

-- Versions lie in the order in which they were replaced: the end of the table is
-- all that a time not long gone needs.
CREATE INDEX account_version_valid_to_idx ON directory_internal.account_version USING brin (valid_to) WITH (autosummarize = on);

-- What a run made.
CREATE INDEX applied_run_id_idx ON directory_internal.applied (run_id);

-- Orphans are few. The children of all others are known by parent_id: an index
-- of every account by its parent's external id would cost each first load.
CREATE INDEX accounts_orphan_idx ON directory.accounts (source, parent_external_id) WHERE parent_id IS NULL AND parent_external_id IS NOT NULL;
DROP INDEX directory.accounts_parent_external_id_idx;

-- Each branch of the union is one table without a condition, so that Postgres
-- takes conditions and joins from outside to the indexes of both.
CREATE OR REPLACE VIEW directory.account_history AS
SELECT h.account_id, h.source, h.external_id, h.provider, h.parent_external_id, h.name, h.status, h.kind, h.reference,
       h.email, h.phone, h.website, h.domain, h.organization, h.contact_name, h.street, h.city, h.region,
       h.postal_code, h.country, h.timezone, h.language, h.currency, h.provider_created_at, h.provider_updated_at,
       h.payload, h.fingerprint, h.valid_from AS changed_at, h.deleted_at,
       coalesce(h.operation, (SELECT c.operation FROM directory_internal.account_head c WHERE c.account_id = h.account_id), 'created') AS operation,
       CASE WHEN h.valid_to IS NULL THEN (SELECT c.changed FROM directory_internal.account_head c WHERE c.account_id = h.account_id) ELSE h.changed END AS changed,
       h.valid_from, h.valid_to, r.run_id
FROM (
    SELECT v.account_id, v.source, v.external_id, v.provider, v.parent_external_id, v.name, v.status, v.kind, v.reference,
           v.email, v.phone, v.website, v.domain, v.organization, v.contact_name, v.street, v.city, v.region,
           v.postal_code, v.country, v.timezone, v.language, v.currency, v.provider_created_at, v.provider_updated_at,
           v.payload, v.fingerprint, v.deleted_at, v.operation, v.changed, v.valid_from, v.valid_to
    FROM directory_internal.account_version v
    UNION ALL
    SELECT a.id, a.source, a.external_id, a.provider, a.parent_external_id, a.name, a.status, a.kind, a.reference,
           a.email, a.phone, a.website, a.domain, a.organization, a.contact_name, a.street, a.city, a.region,
           a.postal_code, a.country, a.timezone, a.language, a.currency, a.provider_created_at, a.provider_updated_at,
           a.payload, a.fingerprint, a.deleted_at, NULL::text, NULL::text[], a.changed_at, NULL::timestamptz
    FROM directory.accounts a
) h
LEFT JOIN directory_internal.applied r ON r.source = h.source AND r.at = h.valid_from;

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION directory.descendants(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- Postgres cannot guess how many there are and, left to itself, may read all
    -- accounts for a few. Ids are sorted, not rows.
    WITH RECURSIVE below AS (
        SELECT a.id, 1 AS level FROM directory.accounts a WHERE a.parent_id = $1
        UNION ALL
        SELECT c.id, b.level + 1
        FROM below b
        CROSS JOIN LATERAL (SELECT a.id FROM directory.accounts a WHERE a.parent_id = b.id OFFSET 0) c
    )
    SELECT a.*
    FROM (SELECT b.id, b.level FROM below b ORDER BY b.level, b.id) b
    CROSS JOIN LATERAL (SELECT * FROM directory.accounts a WHERE a.id = b.id OFFSET 0) a
    ORDER BY b.level, b.id
$$;

CREATE OR REPLACE FUNCTION directory.tree_as_of(root bigint, at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off AS $$
    -- The branches of the union take the parent's id themselves: a condition on
    -- the view account_history would be looked at after all of it was read.
    WITH RECURSIVE hung AS (
        SELECT a.id, a.source, a.external_id, 0 AS level
        FROM directory.accounts a
        WHERE a.id = $1
        UNION ALL
        SELECT c.id, h.source, c.external_id, h.level + 1
        FROM hung h
        CROSS JOIN LATERAL (
            SELECT a.id, a.external_id
            FROM directory.accounts a
            WHERE a.parent_id = h.id AND a.changed_at <= $2 AND a.deleted_at IS NULL
            UNION ALL
            SELECT a.id, a.external_id -- where a cycle was broken
            FROM directory.accounts a
            WHERE a.source = h.source AND a.parent_external_id = h.external_id AND a.parent_id IS NULL
              AND a.changed_at <= $2 AND a.deleted_at IS NULL
            UNION ALL
            SELECT v.account_id, v.external_id
            FROM directory_internal.account_version v
            WHERE v.source = h.source AND v.parent_external_id = h.external_id
              AND v.valid_from <= $2 AND v.valid_to > $2 AND v.deleted_at IS NULL
            OFFSET 0
        ) c
    ) CYCLE id SET again USING way
    SELECT s.*
    FROM (SELECT h.id, h.level FROM hung h WHERE NOT h.again ORDER BY h.level, h.id) h
    CROSS JOIN LATERAL (
        SELECT * FROM directory.account_history s
        WHERE s.account_id = h.id AND s.valid_from <= $2 AND (s.valid_to > $2 OR s.valid_to IS NULL) AND s.deleted_at IS NULL
        OFFSET 0
    ) s
    ORDER BY h.level, h.id
$$;

CREATE OR REPLACE FUNCTION directory.changes(since timestamptz, until timestamptz)
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
