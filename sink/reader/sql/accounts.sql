-- name: find
-- $1 id, or $2 source and $3 external id.
SELECT id, source FROM directory.accounts
WHERE id = $1 OR (source = $2 AND external_id = $3);

-- name: accounts
-- $1 sources, $2 statuses, $3 pattern to search for, $4 whether to include deleted accounts.
SELECT id, source, external_id, provider, parent_external_id, parent_id, root_id, depth, path,
       name, status, kind, reference, email, phone, website, domain, organization, contact_name,
       street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint, first_seen_at, changed_at, deleted_at
FROM directory.accounts
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND ($4 OR deleted_at IS NULL)
  AND /*matches*/;

-- name: accounts_as_of
-- $1 sources, $2 statuses, $3 pattern to search for, $4 as of.
SELECT account_id, source, external_id, provider, parent_external_id,
       name, status, kind, reference, email, phone, website, domain, organization, contact_name,
       street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint, changed_at, deleted_at,
       operation, changed, valid_from, valid_to, run_id
FROM directory.accounts_as_of($4)
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND /*matches*/;

-- name: matches
-- The condition that replaces /*matches*/ in other statements. $2 statuses, $3 pattern to search for.
($2::text[] IS NULL OR status = ANY ($2))
AND ($3::text IS NULL
     OR name ILIKE $3 OR external_id ILIKE $3 OR email ILIKE $3 OR domain ILIKE $3
     OR organization ILIKE $3 OR reference ILIKE $3 OR phone ILIKE $3)

-- name: history
-- $1 account.
SELECT account_id, source, external_id, provider, parent_external_id,
       name, status, kind, reference, email, phone, website, domain, organization, contact_name,
       street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint, changed_at, deleted_at,
       operation, changed, valid_from, valid_to, run_id
FROM directory.account_history
WHERE account_id = $1;
