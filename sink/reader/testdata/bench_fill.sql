-- Fills the directory from public.bench_column; the number of an account determines
-- its path.
INSERT INTO directory_internal.account_version
    (source, external_id, account_id, valid_from, valid_to, operation, changed, provider, parent_external_id, name, status, kind, reference,
     email, phone, website, domain, organization, contact_name, street, city, region, postal_code, country, timezone, language, currency,
     provider_created_at, provider_updated_at, payload, fingerprint)
SELECT public.bench_source(k), public.bench_external_id(k), k + 1, valid_from, valid_to, operation, changed, provider, parent_external_id, name, status, kind, reference,
       email, phone, website, domain, organization, contact_name, street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint
FROM public.bench_column
WHERE NOT current;

INSERT INTO directory.accounts
    (id, source, external_id, parent_id, root_id, depth, path, provider, parent_external_id, name, status, kind, reference,
     email, phone, website, domain, organization, contact_name, street, city, region, postal_code, country, timezone, language, currency,
     provider_created_at, provider_updated_at, payload, fingerprint, first_seen_at, changed_at, deleted_at)
SELECT k + 1, public.bench_source(k), public.bench_external_id(k), public.bench_parent(k) + 1, parent.path[1], cardinality(parent.path) - 1, parent.path,
       provider, parent_external_id, name, status, kind, reference,
       email, phone, website, domain, organization, contact_name, street, city, region, postal_code, country, timezone, language, currency,
       provider_created_at, provider_updated_at, payload, fingerprint,
       coalesce((SELECT min(v.valid_from) FROM directory_internal.account_version v WHERE v.account_id = k + 1), valid_from), valid_from, deleted_at
FROM public.bench_column
CROSS JOIN LATERAL (
    SELECT array_remove(ARRAY[public.bench_parent(public.bench_parent(public.bench_parent(k))), public.bench_parent(public.bench_parent(k)),
                              public.bench_parent(k), k], NULL) AS ks
    OFFSET 0
) w
CROSS JOIN LATERAL (SELECT ARRAY(SELECT p + 1 FROM unnest(w.ks) p) AS path OFFSET 0) parent
WHERE current;

INSERT INTO directory_internal.last_change (account_id, operation, changed)
SELECT k + 1, operation, changed FROM public.bench_column WHERE current AND i > 0;

INSERT INTO directory_internal.connection (name, provider, last_applied_at)
SELECT public.bench_source(k), min(public.bench_provider(k)), now() FROM generate_series(0, 9000, 1000) k GROUP BY 1;

INSERT INTO directory_internal.applied_run (source, at, run_id)
SELECT source, at, row_number() OVER (ORDER BY at, source)
FROM (SELECT DISTINCT public.bench_source(k) AS source, valid_from AS at FROM public.bench_version) run;

INSERT INTO directory.runs (id, source, trigger, status, complete, started_at, finished_at, fetched, created, applied_seq)
SELECT run_id, source, 'schedule', 'succeeded', true, at, at + interval '1 minute', 100000, 1, run_id
FROM directory_internal.applied_run
WHERE at > now() - interval '90 days';

DROP VIEW public.bench_column;
DROP TABLE public.bench_version;
