-- +goose Up
-- Replaced versions of accounts. The current version is the row of
-- directory.accounts itself, so that a first load writes no history.
CREATE TABLE directory_internal.account_version (
    account_id          bigint NOT NULL,
    valid_from          timestamptz NOT NULL,
    valid_to            timestamptz NOT NULL,
    source              text COLLATE "C" NOT NULL,
    external_id         text COLLATE "C" NOT NULL,
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
CREATE INDEX account_version_source_external_id_idx ON directory_internal.account_version (source, external_id);
CREATE INDEX account_version_source_parent_idx ON directory_internal.account_version (source, parent_external_id, valid_from) WHERE parent_external_id IS NOT NULL;
-- Versions are stored in the order of valid_to: a recent time needs only the end of the table.
CREATE INDEX account_version_valid_to_idx ON directory_internal.account_version USING brin (valid_to) WITH (autosummarize = on);
COMMENT ON TABLE directory_internal.account_version IS 'Versions of accounts that a later version replaced.';
COMMENT ON COLUMN directory_internal.account_version.account_id IS 'The account: accounts.id.';
COMMENT ON COLUMN directory_internal.account_version.valid_from IS 'Instant of the run that made this version.';
COMMENT ON COLUMN directory_internal.account_version.valid_to IS 'valid_from of the next version.';
COMMENT ON COLUMN directory_internal.account_version.operation IS 'As in account_history.';
COMMENT ON COLUMN directory_internal.account_version.changed IS 'As in account_history.';

CREATE TABLE directory_internal.last_change (
    account_id bigint PRIMARY KEY,
    operation  text NOT NULL,
    changed    text[]
);
COMMENT ON TABLE directory_internal.last_change IS 'Operation that made the current version of an account. An account without a row has not changed since it was created.';
COMMENT ON COLUMN directory_internal.last_change.account_id IS 'The account: accounts.id.';
COMMENT ON COLUMN directory_internal.last_change.operation IS 'As in account_history.';
COMMENT ON COLUMN directory_internal.last_change.changed IS 'As in account_history.';

CREATE TABLE directory_internal.applied_run (
    source text COLLATE "C" NOT NULL,
    at     timestamptz NOT NULL,
    run_id bigint NOT NULL,
    PRIMARY KEY (source, at)
);
CREATE INDEX applied_run_run_id_idx ON directory_internal.applied_run (run_id);
COMMENT ON TABLE directory_internal.applied_run IS 'Instant of each run that changed something: maps account_history.valid_from to its run.';
COMMENT ON COLUMN directory_internal.applied_run.source IS 'Name of the connection.';
COMMENT ON COLUMN directory_internal.applied_run.at IS 'Instant of the run.';
COMMENT ON COLUMN directory_internal.applied_run.run_id IS 'The run: runs.id.';

-- Each branch of the union is one table without a condition, so that Postgres can
-- push conditions and joins on the view down to the indexes of both.
CREATE VIEW directory.account_history AS
SELECT h.account_id, h.source, h.external_id, h.provider, h.parent_external_id, h.name, h.status, h.kind, h.reference,
       h.email, h.phone, h.website, h.domain, h.organization, h.contact_name, h.street, h.city, h.region,
       h.postal_code, h.country, h.timezone, h.language, h.currency, h.provider_created_at, h.provider_updated_at,
       h.payload, h.fingerprint, h.valid_from AS changed_at, h.deleted_at,
       coalesce(h.operation, (SELECT c.operation FROM directory_internal.last_change c WHERE c.account_id = h.account_id), 'created') AS operation,
       CASE WHEN h.valid_to IS NULL THEN (SELECT c.changed FROM directory_internal.last_change c WHERE c.account_id = h.account_id) ELSE h.changed END AS changed,
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
LEFT JOIN directory_internal.applied_run r ON r.source = h.source AND r.at = h.valid_from;
COMMENT ON VIEW directory.account_history IS 'One row per version of an account. A change of its ancestors makes no new version.';
COMMENT ON COLUMN directory.account_history.account_id IS 'The account: accounts.id.';
COMMENT ON COLUMN directory.account_history.operation IS 'Operation that made this version: created, updated, moved (its parent changed), deleted or restored.';
COMMENT ON COLUMN directory.account_history.changed IS 'Columns that differ from the previous version, in the table''s order; null on created and deleted.';
COMMENT ON COLUMN directory.account_history.valid_from IS 'Instant of the run that made this version.';
COMMENT ON COLUMN directory.account_history.valid_to IS 'valid_from of the next version; null on the current version.';
COMMENT ON COLUMN directory.account_history.run_id IS 'The run that made this version: runs.id, also once that row was removed after ROLLCALL_RETENTION.';

-- Columns that have the name of a column of accounts have its comment.
-- +goose StatementBegin
DO $$
DECLARE c record;
BEGIN
    FOR c IN
        SELECT v.attrelid::regclass AS relation, v.attname AS name, col_description(a.attrelid, a.attnum) AS meaning
        FROM pg_attribute v
        JOIN pg_attribute a ON a.attname = v.attname AND a.attrelid = 'directory.accounts'::regclass
        WHERE v.attrelid IN ('directory.live_accounts'::regclass, 'directory.account_history'::regclass,
                             'directory_internal.account_version'::regclass, 'directory_internal.staged_account'::regclass)
          AND v.attnum > 0
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.relation, c.name, c.meaning);
    END LOOP;
END $$;
-- +goose StatementEnd

-- lz4 costs a tenth of the default, pglz; a first load compresses every payload
-- above 2 kB. A server may be built without lz4. A payload that is compressed in a
-- staging table is not compressed again.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE directory.accounts ALTER COLUMN payload SET COMPRESSION lz4;
    ALTER TABLE directory_internal.staged_account ALTER COLUMN payload SET COMPRESSION lz4;
    ALTER TABLE directory_internal.account_version ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;
-- +goose StatementEnd
