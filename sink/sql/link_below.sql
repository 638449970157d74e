-- All that hangs below those, by the links that stay as they are.
INSERT INTO pg_temp.link (account_id, external_id, parent_id)
WITH RECURSIVE below AS (
    SELECT a.id, a.external_id, a.parent_id
    FROM pg_temp.link l
    JOIN directory.accounts a ON a.parent_id = l.account_id
    UNION
    SELECT a.id, a.external_id, a.parent_id
    FROM below b
    JOIN directory.accounts a ON a.parent_id = b.id
)
SELECT b.id, b.external_id, b.parent_id
FROM below b
WHERE NOT EXISTS (SELECT FROM pg_temp.link l WHERE l.account_id = b.id)
