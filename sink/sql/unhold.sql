-- What is no longer missing, or deleted now, is no longer held. $1 source.
DELETE FROM directory.held_deletions h
WHERE h.source = $1
  AND (NOT EXISTS (SELECT FROM pg_temp.missing m WHERE m.account_id = h.account_id)
       OR EXISTS (SELECT FROM pg_temp.change c WHERE c.account_id = h.account_id AND c.operation = 'deleted'))
