-- +goose Up
-- What rollcall keeps between and during runs.
CREATE TABLE directory_internal.connection (
    id              int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            text COLLATE "C" NOT NULL UNIQUE,
    provider        text NOT NULL,
    identity        text,
    run_id          bigint,
    last_applied_at timestamptz,
    started_at      timestamptz,
    configured      boolean NOT NULL DEFAULT true,
    cached_run      bigint
);
COMMENT ON TABLE directory_internal.connection IS 'One row per connection ever run.';
COMMENT ON COLUMN directory_internal.connection.id IS 'Key of its advisory lock, and part of the name of its staging table.';
COMMENT ON COLUMN directory_internal.connection.name IS 'Name of the connection: accounts.source.';
COMMENT ON COLUMN directory_internal.connection.provider IS 'Its provider, as of its last run.';
COMMENT ON COLUMN directory_internal.connection.identity IS 'Host and provider account that its accounts came from. A listing of another one is applied only where it has at least half of the live accounts.';
COMMENT ON COLUMN directory_internal.connection.run_id IS 'The run that holds the connection; no other run can apply (fencing).';
COMMENT ON COLUMN directory_internal.connection.last_applied_at IS 'Instant of the last run that changed something; the instant of the next one is later.';
COMMENT ON COLUMN directory_internal.connection.started_at IS 'When its last scheduled or manual run began; @every counts from it.';
COMMENT ON COLUMN directory_internal.connection.configured IS 'Whether ROLLCALL_SOURCES had it when all connections were last run.';
COMMENT ON COLUMN directory_internal.connection.cached_run IS 'The run whose listing chunk_cache holds; null once anything else changed an account of the connection.';

-- New and changed accounts of a run, in one table per connection, which is created
-- from this one when it is first needed. Staging tables are UNLOGGED: a run reads
-- again what a crash of Postgres loses. run_id separates the rows of a run that
-- lost its lock. This table never holds a row.
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
ALTER TABLE directory_internal.staged_account REPLICA IDENTITY FULL; -- so that it can be published
COMMENT ON TABLE directory_internal.staged_account IS 'Template of the staging tables staged_N, where N is connection.id: new and changed accounts of a run.';
COMMENT ON COLUMN directory_internal.staged_account.run_id IS 'The run that staged the row.';
COMMENT ON COLUMN directory_internal.staged_account.seq IS 'Order of the listing: of several records of one account the last one counts.';
COMMENT ON COLUMN directory_internal.staged_account.account_id IS 'The account: accounts.id, reserved for it where it is new.';
COMMENT ON COLUMN directory_internal.staged_account.known IS 'Whether the account was in the directory when it was read.';

CREATE UNLOGGED TABLE directory_internal.staged_reject (
    run_id      bigint NOT NULL,
    source      text COLLATE "C" NOT NULL,
    external_id text COLLATE "C",
    reason      text NOT NULL,
    payload     jsonb,
    seq         bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE directory_internal.staged_reject IS 'Records that a run rejected, until it ends.';
COMMENT ON COLUMN directory_internal.staged_reject.run_id IS 'The run that staged the row.';
COMMENT ON COLUMN directory_internal.staged_reject.source IS 'Name of the connection.';
COMMENT ON COLUMN directory_internal.staged_reject.external_id IS 'As in rejects.';
COMMENT ON COLUMN directory_internal.staged_reject.reason IS 'As in rejects.';
COMMENT ON COLUMN directory_internal.staged_reject.payload IS 'As in rejects.';
COMMENT ON COLUMN directory_internal.staged_reject.seq IS 'Number of the reject within its run, from 1.';

-- A checkpoint is logged while the rows that it counts are not: seq and rejects
-- show whether all of those rows are still there.
CREATE TABLE directory_internal.checkpoint (
    connection_id int NOT NULL,
    period        text NOT NULL,
    run_id        bigint NOT NULL,
    conditions    bytea NOT NULL,
    cursor        text NOT NULL,
    seq           bigint NOT NULL,
    rejects       bigint NOT NULL,
    without_id    bigint NOT NULL,
    unchanged     bigint NOT NULL,
    pages         bigint NOT NULL,
    saved_at      timestamptz NOT NULL,
    PRIMARY KEY (connection_id, period)
);
COMMENT ON TABLE directory_internal.checkpoint IS 'How far an interrupted backfill got; its rows are staged. Void once another run of the connection applied.';
COMMENT ON COLUMN directory_internal.checkpoint.connection_id IS 'connection.id.';
COMMENT ON COLUMN directory_internal.checkpoint.period IS 'The window of creation times that is listed; empty for all.';
COMMENT ON COLUMN directory_internal.checkpoint.run_id IS 'The run that began the listing: run_id of the staged rows.';
COMMENT ON COLUMN directory_internal.checkpoint.conditions IS 'Hash of the configuration and of the mapping; a run with another hash does not resume.';
COMMENT ON COLUMN directory_internal.checkpoint.cursor IS 'The provider''s cursor that continues the listing.';
COMMENT ON COLUMN directory_internal.checkpoint.seq IS 'Number of accounts staged so far.';
COMMENT ON COLUMN directory_internal.checkpoint.rejects IS 'Number of rejects staged so far.';
COMMENT ON COLUMN directory_internal.checkpoint.without_id IS 'Number of rejects so far that belong to no known account.';
COMMENT ON COLUMN directory_internal.checkpoint.unchanged IS 'Number of accounts so far that were seen and not staged.';
COMMENT ON COLUMN directory_internal.checkpoint.pages IS 'Number of pages read so far.';
COMMENT ON COLUMN directory_internal.checkpoint.saved_at IS 'When the checkpoint was saved; it is valid for 24 hours.';

-- A cache: a crash of Postgres may empty it, which costs the next run a full
-- comparison. Unlogged tables are not published and write no WAL.
CREATE UNLOGGED TABLE directory_internal.chunk_cache (
    connection_id int NOT NULL,
    run_id        bigint NOT NULL,
    digest        bytea NOT NULL,
    accounts      bytea NOT NULL
);
CREATE INDEX chunk_cache_idx ON directory_internal.chunk_cache (connection_id, digest);
COMMENT ON TABLE directory_internal.chunk_cache IS 'Chunks of the last complete listing by the hash of their bytes: a chunk that comes again unchanged is not compared.';
COMMENT ON COLUMN directory_internal.chunk_cache.connection_id IS 'connection.id.';
COMMENT ON COLUMN directory_internal.chunk_cache.run_id IS 'The run that read the chunk, until it has applied; then 0, and the chunk is valid.';
COMMENT ON COLUMN directory_internal.chunk_cache.digest IS 'SHA-256 of the records and of the version of their mapping, the first 16 bytes.';
COMMENT ON COLUMN directory_internal.chunk_cache.accounts IS 'Ids of the accounts in the chunk, as a roaring bitmap.';

CREATE TABLE directory_internal.applied_counter (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    seq      bigint NOT NULL
);
INSERT INTO directory_internal.applied_counter (seq) VALUES (0);
COMMENT ON TABLE directory_internal.applied_counter IS 'Last runs.applied_seq. A run locks its row last before COMMIT, so that the order of numbers is the order of visibility.';
COMMENT ON COLUMN directory_internal.applied_counter.only_row IS 'True: the table has one row.';
COMMENT ON COLUMN directory_internal.applied_counter.seq IS 'The last runs.applied_seq assigned.';

-- Separate from connection, whose row an applying run keeps locked.
CREATE TABLE directory_internal.tick (
    source       text COLLATE "C" PRIMARY KEY,
    tick_at      timestamptz NOT NULL,
    retried_tick timestamptz,
    open_since   timestamptz
);
COMMENT ON TABLE directory_internal.tick IS 'One row per connection that serve schedules. A replica claims a tick by advancing tick_at.';
COMMENT ON COLUMN directory_internal.tick.source IS 'Name of the connection.';
COMMENT ON COLUMN directory_internal.tick.tick_at IS 'The last tick that was claimed; on a new connection, when serve first saw it.';
COMMENT ON COLUMN directory_internal.tick.retried_tick IS 'The last tick whose run was retried after its process or session died; a tick is retried once.';
COMMENT ON COLUMN directory_internal.tick.open_since IS 'When tick_at was last claimed for a run that has not begun yet; null once the run began or the tick was skipped.';

-- Sessions do not outlive a crash of Postgres, so neither need their heartbeats.
CREATE UNLOGGED TABLE directory_internal.heartbeat (
    connection_id int PRIMARY KEY,
    pid           int NOT NULL,
    beat_at       timestamptz NOT NULL
);
COMMENT ON TABLE directory_internal.heartbeat IS 'Last heartbeat of each long run''s process. Another process terminates the session of a run without heartbeats.';
COMMENT ON COLUMN directory_internal.heartbeat.connection_id IS 'connection.id.';
COMMENT ON COLUMN directory_internal.heartbeat.pid IS 'Backend that holds the connection''s advisory lock.';
COMMENT ON COLUMN directory_internal.heartbeat.beat_at IS 'When the process last sent a heartbeat, over another session.';

CREATE TABLE directory_internal.pending_refresh (
    source      text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    failures    int NOT NULL DEFAULT 0,
    PRIMARY KEY (source, external_id)
);
CREATE INDEX pending_refresh_due_idx ON directory_internal.pending_refresh (source, due_at);
COMMENT ON TABLE directory_internal.pending_refresh IS 'Accounts that a webhook notification named and that are still to be fetched.';
COMMENT ON COLUMN directory_internal.pending_refresh.source IS 'Name of the connection.';
COMMENT ON COLUMN directory_internal.pending_refresh.external_id IS 'The id in the notification, which may be forged.';
COMMENT ON COLUMN directory_internal.pending_refresh.received_at IS 'When the last notification arrived: an account that was fetched earlier is fetched again.';
COMMENT ON COLUMN directory_internal.pending_refresh.due_at IS 'When to fetch the account: later after each failure.';
COMMENT ON COLUMN directory_internal.pending_refresh.failures IS 'How often fetching the account failed.';

CREATE TABLE directory_internal.housekeeping (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    swept_at timestamptz NOT NULL
);
COMMENT ON TABLE directory_internal.housekeeping IS 'When old runs and resolved rejects were last removed, by any process: once an hour.';
COMMENT ON COLUMN directory_internal.housekeeping.only_row IS 'True: the table has at most one row.';
COMMENT ON COLUMN directory_internal.housekeeping.swept_at IS 'When the last removal began.';

-- A success is a complete listing that was read and applied: a window, a replay and
-- a retirement do not show the provider's state. A clock that jumped ahead and back
-- leaves instants in the future: such a success ended before the next run of its
-- connection began, and before now, so that its age grows and an alert on it works.
CREATE VIEW directory.source_health AS
SELECT c.name AS source, c.provider, c.configured,
       good.finished_at AS last_success_at, now() - good.finished_at AS last_success_age,
       run.status AS last_status, run.finished_at AS last_finished_at, run.error AS last_error,
       (SELECT count(*) FROM directory.accounts a WHERE a.source = c.name AND a.deleted_at IS NULL) AS accounts_live,
       (SELECT count(*) FROM directory.accounts a WHERE a.source = c.name AND a.deleted_at IS NOT NULL) AS accounts_deleted,
       (SELECT coalesce(sum(r.created + r.updated + r.moved + r.deleted + r.restored), 0)::bigint
        FROM directory.runs r
        WHERE r.source = c.name AND r.finished_at > now() - interval '24 hours' AND r.finished_at <= now()) AS changes_24h,
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
    SELECT greatest(
        (SELECT max(r.finished_at) FROM directory.runs r WHERE r.source = c.name AND r.complete AND r.finished_at <= now()),
        (SELECT least(now(), (SELECT min(later.started_at) FROM directory.runs later WHERE later.source = c.name AND later.id > r.id))
         FROM directory.runs r
         WHERE r.source = c.name AND r.complete AND r.finished_at > now()
         ORDER BY r.id DESC LIMIT 1)) AS finished_at
) good ON true;
COMMENT ON VIEW directory.source_health IS 'One row per connection ever run: its state.';
COMMENT ON COLUMN directory.source_health.source IS 'Name of the connection.';
COMMENT ON COLUMN directory.source_health.provider IS 'Its provider, as of its last run.';
COMMENT ON COLUMN directory.source_health.configured IS 'Whether ROLLCALL_SOURCES had it when all connections were last run.';
COMMENT ON COLUMN directory.source_health.last_success_at IS 'When a run last read and applied a complete listing (deletions may be held). Never in the future.';
COMMENT ON COLUMN directory.source_health.last_success_age IS 'How long ago that was.';
COMMENT ON COLUMN directory.source_health.last_status IS 'Status of the last run that ended: runs.status. Accounts retired by hand do not count.';
COMMENT ON COLUMN directory.source_health.last_finished_at IS 'When that run ended.';
COMMENT ON COLUMN directory.source_health.last_error IS 'Error of that run; null where it had none.';
COMMENT ON COLUMN directory.source_health.accounts_live IS 'Accounts that are not deleted.';
COMMENT ON COLUMN directory.source_health.accounts_deleted IS 'Deleted accounts, which are kept.';
COMMENT ON COLUMN directory.source_health.changes_24h IS 'Accounts created, updated, moved, deleted and restored in the last 24 hours.';
COMMENT ON COLUMN directory.source_health.orphans IS 'Live accounts that name an unknown parent.';
COMMENT ON COLUMN directory.source_health.deletions_held IS 'Rows of held_deletions.';
COMMENT ON COLUMN directory.source_health.rejects_open IS 'Rows of rejects that are not resolved.';
