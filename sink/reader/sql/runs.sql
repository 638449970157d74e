-- $1: sources; $2: statuses.
SELECT id, source, trigger, status, complete, started_at, finished_at, pages, fetched,
       created, updated, moved, deleted, restored, unchanged, rejected, held, error, applied_seq
FROM directory.runs
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND ($2::text[] IS NULL OR status = ANY ($2))
