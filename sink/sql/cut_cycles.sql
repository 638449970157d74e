-- After as many steps as there are accounts everyone has arrived on a cycle,
-- and each member of a cycle is where someone arrived; its least is the cycle's.
UPDATE pg_temp.link l
SET parent_id = NULL
FROM pg_temp.hop h
WHERE l.account_id = h.account_id AND l.external_id = h.least
  AND EXISTS (SELECT FROM pg_temp.hop a WHERE a.next_id = h.account_id)
RETURNING l.external_id
