-- Open rejects whose record was kept. $1 source.
SELECT payload
FROM directory.rejects
WHERE source = $1 AND resolved_at IS NULL AND payload IS NOT NULL
ORDER BY last_seen_at
