-- A complete run did not meet them: taken by now, or gone. $1 source, $2 run, $3 instant.
UPDATE directory.rejects
SET resolved_at = $3
WHERE source = $1 AND resolved_at IS NULL AND run_id <> $2
