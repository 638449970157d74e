-- +goose Up
CREATE TABLE directory.payload_fields (
    provider  text COLLATE "C" NOT NULL,
    path      text COLLATE "C" NOT NULL,
    types     text[] NOT NULL,
    first_run bigint NOT NULL,
    last_run  bigint NOT NULL,
    count     bigint NOT NULL,
    PRIMARY KEY (provider, path)
);
COMMENT ON TABLE directory.payload_fields IS 'What the objects of each provider are made of, by the records that were new or had changed: at most 1000 fields of a provider.';
COMMENT ON COLUMN directory.payload_fields.provider IS 'signalwire, agendize and so on.';
COMMENT ON COLUMN directory.payload_fields.path IS 'Names of members, by dots. The items of an array are []; * is a member of any name, where there are more than 64 names or a name cannot stand in a path.';
COMMENT ON COLUMN directory.payload_fields.types IS 'The JSON types that it has had, in alphabetical order: array, boolean, null, number, object, string.';
COMMENT ON COLUMN directory.payload_fields.first_run IS 'The run that saw it first: runs.id.';
COMMENT ON COLUMN directory.payload_fields.last_run IS 'The last run with a new or changed record that has it.';
COMMENT ON COLUMN directory.payload_fields.count IS 'How often it was met in new and changed records.';
