-- +goose Up
-- A tick whose run died with its process is run once more, and no more than that.
ALTER TABLE directory_internal.tick ADD COLUMN made_up timestamptz;
COMMENT ON COLUMN directory_internal.tick.made_up IS 'The last tick that was run once more, since its run had died with its process or session.';
