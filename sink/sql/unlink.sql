-- Missing accounts that live on: roots of unknown status, all else as it was.
-- The fingerprint is none that a record can have, so that their return is seen.
-- $1 source, $2 run, $3 provider, $4 last seq.
INSERT INTO {staged} (run_id, seq, account_id, known, external_id, {columns}, fingerprint)
SELECT $2, $4 + pg_catalog.row_number() OVER (ORDER BY a.id), a.id, true, a.external_id,
       $3, NULL, a.name, 'unknown', a.kind, a.reference, a.email, a.phone,
       a.website, a.domain, a.organization, a.contact_name, a.street, a.city, a.region, a.postal_code,
       a.country, a.timezone, a.language, a.currency, a.provider_created_at, a.provider_updated_at, a.payload,
       '\x00'::bytea
FROM directory.accounts a
JOIN pg_temp.missing m ON m.account_id = a.id
WHERE a.source = $1 AND (a.parent_external_id IS NOT NULL OR a.status <> 'unknown')
