-- Each source keeps its last run and its last complete one, however old: they are
-- what source_health tells of it. A run that finished in the future, by a clock
-- that was set back since, is as old as a later one of its source.
-- $1 seconds to keep, $2 how many at most.
DELETE FROM directory.runs
WHERE id IN (
    SELECT r.id FROM directory.runs r
    WHERE r.status <> 'running'
      AND (r.finished_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)
           OR r.finished_at > pg_catalog.statement_timestamp()
              AND EXISTS (SELECT FROM directory.runs later
                          WHERE later.source = r.source AND later.id > r.id
                            AND later.finished_at < pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => $1)))
      AND EXISTS (SELECT FROM directory.runs later
                  WHERE later.source = r.source AND later.id > r.id AND later.status NOT IN ('running', 'skipped')
                    AND (later.complete OR NOT r.complete))
    LIMIT $2
)
