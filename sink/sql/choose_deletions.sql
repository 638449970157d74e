-- $1 accounts proven alive, $2 whether all others are deleted (else those in
-- held_deletions: the operator allowed them, or a second listing left them out), $3 source.
INSERT INTO pg_temp.change (account_id, operation, changed)
SELECT m.account_id, 'deleted', NULL
FROM pg_temp.missing m
WHERE m.account_id <> ALL (coalesce($1::bigint[], '{}'))
  AND ($2 OR EXISTS (SELECT FROM directory.held_deletions h WHERE h.source = $3 AND h.account_id = m.account_id))
