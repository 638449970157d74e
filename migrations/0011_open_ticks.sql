-- +goose Up
-- A tick that was claimed stays open until its run begins: whoever claimed it may
-- die, or lose the database, before that.
ALTER TABLE directory_internal.tick ADD COLUMN open_since timestamptz;
COMMENT ON COLUMN directory_internal.tick.open_since IS 'When tick_at was last claimed for a run that has not begun yet; null once it has, or once the tick is left out.';
