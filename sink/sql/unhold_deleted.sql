-- What was deleted by hand is no longer held. $1 source.
DELETE FROM directory.held_deletions h
USING pg_temp.change c
WHERE h.source = $1 AND c.account_id = h.account_id AND c.operation = 'deleted'
