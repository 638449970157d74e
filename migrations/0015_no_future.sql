-- +goose Up
-- A clock that jumped ahead and back leaves instants in the future. A success
-- there ended before the next run of its connection began, and before now: its
-- age grows, and an alert on it stays awake.
CREATE OR REPLACE VIEW directory.source_health AS
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
COMMENT ON COLUMN directory.source_health.last_success_at IS 'When a run last read and applied all of it (deletions may be held). Never in the future, whatever became of the clock.';

COMMENT ON TABLE directory.held_deletions IS 'Missing accounts whose deletion is on hold.';
COMMENT ON COLUMN directory.held_deletions.run_id IS 'The last complete run that left it out.';
COMMENT ON COLUMN directory.held_deletions.reason IS 'Why its deletion is on hold.';
COMMENT ON COLUMN directory.runs.held IS 'Missing accounts whose deletion is on hold.';
COMMENT ON COLUMN directory_internal.connection.identity IS 'Host and provider account that its accounts came from: a listing of another one is applied only where it has at least half of them.';
