-- Rejects that killed runs have staged, unless a checkpoint tells of them.
DELETE FROM directory_internal.staged_reject s
WHERE NOT EXISTS (SELECT FROM directory_internal.checkpoint c WHERE c.run_id = s.run_id)
  AND NOT EXISTS (SELECT FROM directory_internal.connection c JOIN directory.runs r ON r.id = c.run_id
                  WHERE c.name = s.source AND r.status = 'running')
