-- name: stage
COPY {staged} (run_id, seq, account_id, known, external_id, {columns}, fingerprint) FROM STDIN;

-- name: stage_reject
COPY directory_internal.staged_reject (run_id, seq, source, external_id, reason, payload) FROM STDIN;

-- name: clear_leftovers
-- Drops what killed runs staged, except the rows of a checkpoint. $1 connection.id.
DELETE FROM {staged}
WHERE run_id NOT IN (SELECT run_id FROM directory_internal.checkpoint WHERE connection_id = $1);

-- name: deduplicate
-- Of several records of one account, keeps the last one read. $1 run.
DELETE FROM {staged} s
USING (
    SELECT external_id, pg_catalog.max(seq) AS last
    FROM {staged}
    WHERE run_id = $1
    GROUP BY external_id
    HAVING pg_catalog.count(*) > 1
) d
WHERE s.run_id = $1 AND s.external_id = d.external_id AND s.seq < d.last;

-- name: stage_missing_as_roots
-- Stages missing accounts as roots of unknown status, otherwise unchanged. No record
-- can have their fingerprint, so that a run notices their return. $1 source, $2 run,
-- $3 provider, $4 last seq.
INSERT INTO {staged} (run_id, seq, account_id, known, external_id, {columns}, fingerprint)
SELECT $2, $4 + pg_catalog.row_number() OVER (ORDER BY a.id), a.id, true, a.external_id,
       $3, NULL, a.name, 'unknown', a.kind, a.reference, a.email, a.phone,
       a.website, a.domain, a.organization, a.contact_name, a.street, a.city, a.region, a.postal_code,
       a.country, a.timezone, a.language, a.currency, a.provider_created_at, a.provider_updated_at, a.payload,
       '\x00'::bytea
FROM directory.accounts a
JOIN pg_temp.missing m ON m.account_id = a.id
WHERE a.source = $1 AND (a.parent_external_id IS NOT NULL OR a.status <> 'unknown');

-- name: stored_accounts
-- Accounts of a source by external id. $1 source, $2 external id to start after,
-- $3 limit.
SELECT external_id, payload, coalesce(parent_external_id, ''), status
FROM directory.accounts
WHERE source = $1 AND external_id > $2
ORDER BY external_id
LIMIT $3;

-- name: staging_table
CREATE UNLOGGED TABLE IF NOT EXISTS {staged}
    (LIKE directory_internal.staged_account INCLUDING STORAGE INCLUDING COMPRESSION INCLUDING COMMENTS)
WITH (autovacuum_enabled = false);
