-- +goose Up
-- What serve needs beside the runs themselves: when each connection was due
-- last, who still holds one, and which accounts providers hinted at.

-- Apart from connection, whose row an applying run keeps locked.
CREATE TABLE directory_internal.tick (
    source  text COLLATE "C" PRIMARY KEY,
    tick_at timestamptz NOT NULL
);
COMMENT ON TABLE directory_internal.tick IS 'One row a connection that serve schedules: whoever moves tick_at on has claimed the tick.';
COMMENT ON COLUMN directory_internal.tick.source IS 'Name of the connection.';
COMMENT ON COLUMN directory_internal.tick.tick_at IS 'The last tick that was claimed; on a new connection when serve first saw it.';

ALTER TABLE directory_internal.connection ADD COLUMN started_at timestamptz;
COMMENT ON COLUMN directory_internal.connection.started_at IS 'When its last scheduled or manual run began: what @every counts from.';

-- Sessions do not outlive a crash of Postgres, and neither need this.
CREATE UNLOGGED TABLE directory_internal.beat (
    connection_id int PRIMARY KEY,
    pid           int NOT NULL,
    beat_at       timestamptz NOT NULL
);
COMMENT ON TABLE directory_internal.beat IS 'Signs of life of the processes whose runs take long. The session of one that is silent is ended.';
COMMENT ON COLUMN directory_internal.beat.connection_id IS 'connection.id.';
COMMENT ON COLUMN directory_internal.beat.pid IS 'Backend that holds the connection''s lock.';
COMMENT ON COLUMN directory_internal.beat.beat_at IS 'When its process was last heard of, over another session.';

CREATE TABLE directory_internal.hint (
    source      text COLLATE "C" NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    received_at timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,
    failures    int NOT NULL DEFAULT 0,
    PRIMARY KEY (source, external_id)
);
CREATE INDEX hint_due_idx ON directory_internal.hint (source, due_at);
COMMENT ON TABLE directory_internal.hint IS 'Accounts that a provider''s push named and that are still to be asked for.';
COMMENT ON COLUMN directory_internal.hint.source IS 'Name of the connection.';
COMMENT ON COLUMN directory_internal.hint.external_id IS 'What the push named; it may be forged.';
COMMENT ON COLUMN directory_internal.hint.received_at IS 'When it was last named: an answer asked for earlier does not count.';
COMMENT ON COLUMN directory_internal.hint.due_at IS 'When to ask for it: later after each failure.';
COMMENT ON COLUMN directory_internal.hint.failures IS 'How often asking failed.';

-- The last success of each source, however long it has failed since.
CREATE INDEX runs_complete_idx ON directory.runs (source, finished_at) WHERE complete;
