-- From the top down: first what hangs on nothing, or on an account whose place
-- stays (a new account that names no parent is its own root), then level by
-- level. What is on a cycle, or below one, is not reached.
INSERT INTO pg_temp.placement (account_id, path)
WITH RECURSIVE placed AS (
    SELECT l.account_id,
           CASE WHEN l.parent_id IS NULL THEN ARRAY[l.account_id]
                ELSE pg_catalog.array_append(coalesce(a.path, ARRAY[l.parent_id]), l.account_id) END AS path
    FROM pg_temp.link l
    LEFT JOIN pg_temp.link above ON above.account_id = l.parent_id
    LEFT JOIN directory.accounts a ON a.id = l.parent_id
    WHERE above.account_id IS NULL
    UNION ALL
    SELECT l.account_id, pg_catalog.array_append(p.path, l.account_id)
    FROM placed p
    JOIN pg_temp.link l ON l.parent_id = p.account_id
)
SELECT account_id, path FROM placed
