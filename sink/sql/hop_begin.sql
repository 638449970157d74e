-- The unplaced accounts: where one step up leads, and the smallest id on the way.
INSERT INTO pg_temp.hop (account_id, next_id, least)
SELECT l.account_id, l.parent_id, l.external_id
FROM pg_temp.link l
WHERE NOT EXISTS (SELECT FROM pg_temp.placement p WHERE p.account_id = l.account_id)
