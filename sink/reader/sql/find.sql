-- $1: the directory's id; or $2: source, $3: external id.
SELECT id, source FROM directory.accounts
WHERE id = $1 OR (source = $2 AND external_id = $3)
