-- +goose Up
CREATE TABLE directory_internal.connection (
    id              int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text COLLATE "C" NOT NULL UNIQUE,
    provider        text NOT NULL,
    identity        text,
    run_id          bigint,
    last_applied_at timestamptz
);
COMMENT ON TABLE directory_internal.connection IS 'One row a connection ever run.';
COMMENT ON COLUMN directory_internal.connection.id IS 'Key of its advisory lock and of its staging table.';
COMMENT ON COLUMN directory_internal.connection.name IS 'Its name: accounts.source.';
COMMENT ON COLUMN directory_internal.connection.provider IS 'Its provider, as of its last run.';
COMMENT ON COLUMN directory_internal.connection.identity IS 'Host and provider account that its accounts came from.';
COMMENT ON COLUMN directory_internal.connection.run_id IS 'The run that holds it: another run cannot apply (fencing).';
COMMENT ON COLUMN directory_internal.connection.last_applied_at IS 'Instant of the last run that changed something; the next one is later.';

-- What a run read that is new or different, one table a connection, made from
-- this one when first needed. UNLOGGED: what a crash of Postgres loses is read
-- again. run_id keeps the rows of a run that lost its lock apart.
CREATE TABLE directory_internal.staged_account (
    run_id              bigint NOT NULL,
    seq                 bigint NOT NULL,
    account_id          bigint NOT NULL,
    known               boolean NOT NULL,
    external_id         text COLLATE "C" NOT NULL,
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
    fingerprint         bytea NOT NULL
) WITH (autovacuum_enabled = false);
COMMENT ON TABLE directory_internal.staged_account IS 'Shape of the staging tables staged_N, N being connection.id: accounts that a run found new or different.';
COMMENT ON COLUMN directory_internal.staged_account.seq IS 'Order of the listing: of two records of one account the later counts.';
COMMENT ON COLUMN directory_internal.staged_account.account_id IS 'The account, or the id kept for it where it is new.';
COMMENT ON COLUMN directory_internal.staged_account.known IS 'Whether the account was in the directory when it was read.';

-- As in accounts: what is compressed while it is staged is not compressed again.
-- +goose StatementBegin
DO $$
BEGIN
    ALTER TABLE directory_internal.staged_account ALTER COLUMN payload SET COMPRESSION lz4;
    ALTER TABLE directory_internal.account_version ALTER COLUMN payload SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END $$;
-- +goose StatementEnd

CREATE UNLOGGED TABLE directory_internal.staged_reject (
    run_id      bigint NOT NULL,
    source      text COLLATE "C" NOT NULL,
    external_id text COLLATE "C",
    reason      text NOT NULL,
    payload     jsonb
);
COMMENT ON TABLE directory_internal.staged_reject IS 'Records that a run could not take, until it ends.';

CREATE TABLE directory_internal.applied_counter (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint NOT NULL
);
INSERT INTO directory_internal.applied_counter (seq) VALUES (0);
COMMENT ON TABLE directory_internal.applied_counter IS 'Last runs.applied_seq. Its row lock, taken last before COMMIT, makes the order of numbers the order of visibility.';
