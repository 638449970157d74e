-- When connections were last due and last began, which of them have hints to
-- ask for, and the clock that all replicas go by. $1 sources.
SELECT s.source, t.tick_at, c.started_at,
       EXISTS (SELECT FROM directory_internal.hint h WHERE h.source = s.source AND h.due_at <= clock_timestamp()) AS hinted,
       clock_timestamp() AS now
FROM unnest($1::text[]) AS s (source)
LEFT JOIN directory_internal.tick t ON t.source = s.source
LEFT JOIN directory_internal.connection c ON c.name = s.source
