-- +goose Up
-- Stretches of a listing as the bytes they came in: what comes again unchanged
-- needs no look.
CREATE TABLE directory_internal.seen_chunk (
    connection int NOT NULL,
    run_id     bigint NOT NULL,
    digest     bytea NOT NULL,
    accounts   bytea NOT NULL
);
CREATE INDEX seen_chunk_idx ON directory_internal.seen_chunk (connection, digest);
COMMENT ON TABLE directory_internal.seen_chunk IS 'Stretches of the last complete listing, by the hash of their bytes.';
COMMENT ON COLUMN directory_internal.seen_chunk.connection IS 'connection.id.';
COMMENT ON COLUMN directory_internal.seen_chunk.run_id IS 'The run that read it, until it has applied; then 0, and the chunk counts.';
COMMENT ON COLUMN directory_internal.seen_chunk.digest IS 'SHA-256, cut to 16 bytes, of the records and of the version of their mapping.';
COMMENT ON COLUMN directory_internal.seen_chunk.accounts IS 'The accounts in it: ids as a roaring bitmap.';

ALTER TABLE directory_internal.connection ADD COLUMN remembered_run bigint;
COMMENT ON COLUMN directory_internal.connection.remembered_run IS 'The run after which seen_chunk held what the directory holds; null once anything else changed an account.';
