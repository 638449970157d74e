-- $1: sources; $2: statuses; $3: what to search for; $4: when.
SELECT account_id, source, external_id, provider, parent_external_id,
       name, status, kind, reference, email, phone, website, domain, organization, contact_name,
       street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint, changed_at, deleted_at,
       operation, changed, valid_from, valid_to, run_id
FROM directory.accounts_as_of($4)
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND /*matches*/
