-- Twice as many steps.
UPDATE pg_temp.hop h
SET next_id = n.next_id, least = least(h.least, n.least)
FROM pg_temp.hop n
WHERE n.account_id = h.next_id
