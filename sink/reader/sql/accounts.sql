-- $1: sources; $2: statuses; $3: what to search for; $4: deleted ones too.
SELECT id, source, external_id, provider, parent_external_id, parent_id, root_id, depth, path,
       name, status, kind, reference, email, phone, website, domain, organization, contact_name,
       street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint, first_seen_at, changed_at, deleted_at
FROM directory.accounts
WHERE ($1::text[] IS NULL OR source = ANY ($1))
  AND ($4 OR deleted_at IS NULL)
  AND /*matches*/
