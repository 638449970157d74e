-- $1: the account.
SELECT account_id, source, external_id, provider, parent_external_id,
       name, status, kind, reference, email, phone, website, domain, organization, contact_name,
       street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint, changed_at, deleted_at,
       operation, changed, valid_from, valid_to, run_id
FROM directory.account_history
WHERE account_id = $1
