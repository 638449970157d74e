-- +goose Up
-- Where an interrupted backfill goes on. Logged, while the rows it tells of are
-- not: seq and rejects tell whether those are all still there.
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
COMMENT ON TABLE directory_internal.checkpoint IS 'How far a backfill got whose rows are staged. Void once another run of the connection applied.';
COMMENT ON COLUMN directory_internal.checkpoint.connection_id IS 'connection.id.';
COMMENT ON COLUMN directory_internal.checkpoint.period IS 'The window of creation times that is listed; empty for all.';
COMMENT ON COLUMN directory_internal.checkpoint.run_id IS 'The run that began the listing: what its rows are staged under.';
COMMENT ON COLUMN directory_internal.checkpoint.conditions IS 'Hash of the configuration and of the mapping, which must be the same to go on.';
COMMENT ON COLUMN directory_internal.checkpoint.cursor IS 'Continues the listing.';
COMMENT ON COLUMN directory_internal.checkpoint.seq IS 'How many rows are staged up to here.';
COMMENT ON COLUMN directory_internal.checkpoint.rejects IS 'How many rejects are staged up to here.';
COMMENT ON COLUMN directory_internal.checkpoint.without_id IS 'How many of the rejects are of no known account.';
COMMENT ON COLUMN directory_internal.checkpoint.unchanged IS 'How many accounts were seen and not staged.';
COMMENT ON COLUMN directory_internal.checkpoint.pages IS 'How many pages were read.';
COMMENT ON COLUMN directory_internal.checkpoint.saved_at IS 'When it was written; it is good for 24 hours.';

ALTER TABLE directory_internal.staged_reject ADD COLUMN seq bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN directory_internal.staged_reject.seq IS 'Which one of the run it is, from 1.';

CREATE TABLE directory_internal.housekeeping (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    swept_at timestamptz NOT NULL
);
COMMENT ON TABLE directory_internal.housekeeping IS 'When old runs and resolved rejects were last removed: once an hour is enough, whoever does it.';
COMMENT ON COLUMN directory_internal.housekeeping.only_row IS 'True: there is one row at most.';
COMMENT ON COLUMN directory_internal.housekeeping.swept_at IS 'When that was last begun.';
CREATE INDEX runs_finished_at_idx ON directory.runs (finished_at);
CREATE INDEX rejects_resolved_at_idx ON directory.rejects (resolved_at) WHERE resolved_at IS NOT NULL;
