-- A manual sync found another run at work. $1 source.
INSERT INTO directory.runs (source, trigger, status, started_at, finished_at)
VALUES ($1, 'manual', 'skipped', pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp())
