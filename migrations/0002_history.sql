-- +goose Up
-- The versions that were replaced. The current version is the row of
-- directory.accounts itself, so a first load costs no history.
CREATE TABLE directory_internal.account_version (
    account_id          bigint NOT NULL,
    valid_from          timestamptz NOT NULL,
    valid_to            timestamptz NOT NULL,
    operation           text NOT NULL,
    changed             text[],
    provider            text NOT NULL,
    parent_external_id  text COLLATE "C",
    name                text NOT NULL,
    status              text NOT NULL,
    kind                text,
    reference           text,
    email               text,
    phone               text,
    website             text,
    domain              text,
    organization        text,
    contact_name        text,
    street              text,
    city                text,
    region              text,
    postal_code         text,
    country             text,
    timezone            text,
    language            text,
    currency            text,
    provider_created_at timestamptz,
    provider_updated_at timestamptz,
    payload             jsonb NOT NULL,
    fingerprint         bytea NOT NULL,
    deleted_at          timestamptz,
    PRIMARY KEY (account_id, valid_from)
);
CREATE INDEX account_version_valid_from_idx ON directory_internal.account_version (valid_from);
COMMENT ON TABLE directory_internal.account_version IS 'Versions of accounts that a later one replaced.';

CREATE TABLE directory_internal.account_head (
    account_id bigint PRIMARY KEY,
    operation  text NOT NULL,
    changed    text[]
);
COMMENT ON TABLE directory_internal.account_head IS 'What made the current version of an account; an account without a row was created and has not changed since.';

CREATE TABLE directory_internal.applied (
    source text COLLATE "C" NOT NULL,
    at     timestamptz NOT NULL,
    run_id bigint NOT NULL,
    PRIMARY KEY (source, at)
);
COMMENT ON TABLE directory_internal.applied IS 'The instant of each run that changed something: from it a version''s run is known.';

CREATE VIEW directory.account_history AS
SELECT h.account_id, h.source, h.external_id, h.provider, h.parent_external_id, h.name, h.status, h.kind, h.reference,
       h.email, h.phone, h.website, h.domain, h.organization, h.contact_name, h.street, h.city, h.region,
       h.postal_code, h.country, h.timezone, h.language, h.currency, h.provider_created_at, h.provider_updated_at,
       h.payload, h.fingerprint, h.changed_at, h.deleted_at, h.operation, h.changed, h.valid_from, h.valid_to, r.run_id
FROM (
    SELECT v.account_id, a.source, a.external_id, v.provider, v.parent_external_id, v.name, v.status, v.kind, v.reference,
           v.email, v.phone, v.website, v.domain, v.organization, v.contact_name, v.street, v.city, v.region,
           v.postal_code, v.country, v.timezone, v.language, v.currency, v.provider_created_at, v.provider_updated_at,
           v.payload, v.fingerprint, v.valid_from AS changed_at, v.deleted_at, v.operation, v.changed, v.valid_from, v.valid_to
    FROM directory_internal.account_version v
    JOIN directory.accounts a ON a.id = v.account_id
    UNION ALL
    SELECT a.id, a.source, a.external_id, a.provider, a.parent_external_id, a.name, a.status, a.kind, a.reference,
           a.email, a.phone, a.website, a.domain, a.organization, a.contact_name, a.street, a.city, a.region,
           a.postal_code, a.country, a.timezone, a.language, a.currency, a.provider_created_at, a.provider_updated_at,
           a.payload, a.fingerprint, a.changed_at, a.deleted_at, coalesce(c.operation, 'created'), c.changed, a.changed_at, NULL
    FROM directory.accounts a
    LEFT JOIN directory_internal.account_head c ON c.account_id = a.id
) h
LEFT JOIN directory_internal.applied r ON r.source = h.source AND r.at = h.valid_from;
COMMENT ON VIEW directory.account_history IS 'One row a version of an account. What happens above an account is no version of it.';
COMMENT ON COLUMN directory.account_history.account_id IS 'The account: accounts.id.';
COMMENT ON COLUMN directory.account_history.operation IS 'What made this version: created, updated, moved (its parent changed), deleted or restored.';
COMMENT ON COLUMN directory.account_history.changed IS 'The columns that differ from the version before, in the table''s order; null on created and deleted.';
COMMENT ON COLUMN directory.account_history.valid_from IS 'Instant of the run that made this version.';
COMMENT ON COLUMN directory.account_history.valid_to IS 'valid_from of the next version; null on the current one.';
COMMENT ON COLUMN directory.account_history.run_id IS 'The run that made this version: runs.id, also after that row''s retention.';

CREATE FUNCTION directory.accounts_as_of(at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT * FROM directory.account_history h
    WHERE h.valid_from <= $1 AND (h.valid_to > $1 OR h.valid_to IS NULL) AND h.deleted_at IS NULL
$$;
COMMENT ON FUNCTION directory.accounts_as_of(timestamptz) IS 'The accounts that were live at that time, as they were then.';

CREATE FUNCTION directory.descendants(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    WITH RECURSIVE below AS (
        SELECT a.id FROM directory.accounts a WHERE a.parent_id = $1
        UNION ALL
        SELECT a.id FROM below b JOIN directory.accounts a ON a.parent_id = b.id
    )
    SELECT a.* FROM below b JOIN directory.accounts a ON a.id = b.id ORDER BY a.depth, a.id
$$;
COMMENT ON FUNCTION directory.descendants(bigint) IS 'All accounts below that one, itself left out, nearest first.';

CREATE FUNCTION directory.ancestors(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.* FROM directory.accounts p
    WHERE p.id <> $1 AND p.id = ANY (SELECT unnest(a.path) FROM directory.accounts a WHERE a.id = $1)
    ORDER BY p.depth DESC
$$;
COMMENT ON FUNCTION directory.ancestors(bigint) IS 'All accounts above that one, itself left out, nearest first.';

-- A column that a view passes on means what it means in accounts.
-- +goose StatementBegin
DO $$
DECLARE c record;
BEGIN
    FOR c IN
        SELECT v.attrelid::regclass AS view, v.attname AS name, col_description(a.attrelid, a.attnum) AS meaning
        FROM pg_attribute v
        JOIN pg_attribute a ON a.attname = v.attname AND a.attrelid = 'directory.accounts'::regclass
        WHERE v.attrelid IN ('directory.live_accounts'::regclass, 'directory.account_history'::regclass)
          AND v.attnum > 0
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.view, c.name, c.meaning);
    END LOOP;
END $$;
-- +goose StatementEnd
