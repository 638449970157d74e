-- $1: sources; $2: what to search for; $3: resolved ones too.
SELECT run_id, source, external_id, reason, payload, first_seen_at, last_seen_at, resolved_at
FROM directory.rejects
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND ($2::text IS NULL OR external_id ILIKE $2 OR reason ILIKE $2)
  AND ($3 OR resolved_at IS NULL)
