-- Runs and held deletions that name the account in what they tell. $1 source,
-- $2 pattern of its external id, between what stays before and behind.
WITH held AS (
    UPDATE directory.held_deletions SET reason = pg_catalog.regexp_replace(reason, $2, '\1[forgotten]\2', 'g')
    WHERE source = $1 AND reason ~ $2
)
UPDATE directory.runs SET error = pg_catalog.regexp_replace(error, $2, '\1[forgotten]\2', 'g')
WHERE source = $1 AND error ~ $2
