-- A record that was rejected before for the same reason, and is open, is met
-- again; the others are new. One without an id is known by its payload.
-- $1 run, $2 instant, $3 run of the rows.
WITH met AS (
    SELECT DISTINCT source, external_id, reason, payload
    FROM directory_internal.staged_reject
    WHERE run_id = $3
), again AS (
    UPDATE directory.rejects r
    SET run_id = $1, last_seen_at = $2, payload = m.payload
    FROM met m
    WHERE r.resolved_at IS NULL AND r.source = m.source AND r.reason = m.reason
      AND (r.external_id = m.external_id
           OR r.external_id IS NULL AND m.external_id IS NULL AND r.payload IS NOT DISTINCT FROM m.payload)
    RETURNING r.source, r.reason, r.external_id, r.payload
)
INSERT INTO directory.rejects (run_id, source, external_id, reason, payload, first_seen_at, last_seen_at)
SELECT $1, m.source, m.external_id, m.reason, m.payload, $2, $2
FROM met m
WHERE NOT EXISTS (
    SELECT FROM again o
    WHERE o.source = m.source AND o.reason = m.reason
      AND (o.external_id = m.external_id
           OR o.external_id IS NULL AND m.external_id IS NULL AND o.payload IS NOT DISTINCT FROM m.payload)
)
