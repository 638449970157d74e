-- The benchmark reads these tables only: they need no WAL.
ALTER TABLE directory_internal.account_version SET UNLOGGED;
ALTER TABLE directory.accounts SET UNLOGGED;

CREATE UNLOGGED TABLE public.bench_version (
    k          bigint,
    i          int,
    current    boolean,
    valid_from timestamptz,
    valid_to   timestamptz
);

-- Runs are hourly; versions begin at their instants.
CREATE FUNCTION public.bench_instant(k bigint, first timestamptz, step interval, i int) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT date_trunc('hour', first + step * CASE WHEN i = 0 THEN 0 ELSE i + k % 997 / 1000.0 - 0.5 END)
$$;

-- Account k is number k % 1000 of its tree of four levels, in which each account has
-- ten children. Four connections share ten trees in turn.
CREATE FUNCTION public.bench_source(k bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['acme', 'acme', 'acme', 'acme', 'clients', 'clients', 'clients', 'network', 'tree', 'tree'])[k / 1000 % 10 + 1]
$$;
CREATE FUNCTION public.bench_provider(k bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT (ARRAY['signalwire', 'signalwire', 'signalwire', 'signalwire', 'agendize', 'agendize', 'agendize', 'backstack', 'audian', 'audian'])[k / 1000 % 10 + 1]
$$;
CREATE FUNCTION public.bench_external_id(k bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT md5(k::text)
$$;
CREATE FUNCTION public.bench_parent(k bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN k % 1000 > 0 THEN k / 1000 * 1000 + (k % 1000 - 1) / 10 END
$$;

-- The columns of version i of account k. Before its second version the parent of
-- every twentieth account was the root of its tree.
CREATE VIEW public.bench_column AS
SELECT v.k, v.i, v.current, v.valid_from, v.valid_to,
       public.bench_provider(v.k) AS provider,
       public.bench_external_id(CASE WHEN v.i = 0 AND v.k % 20 = 7 AND v.k % 1000 > 0 THEN v.k / 1000 * 1000 ELSE public.bench_parent(v.k) END) AS parent_external_id,
       t.name || CASE WHEN v.i > 1 THEN ' ' || v.i / 2 ELSE '' END AS name,
       CASE WHEN v.k % 33 = 5 AND v.current THEN 'closed' WHEN (v.k + v.i) % 17 = 3 THEN 'suspended' ELSE 'active' END AS status,
       CASE WHEN v.k % 7 = 0 THEN 'trial' ELSE 'full' END AS kind,
       'client-' || v.k AS reference,
       'office' || v.k || '@' || t.host AS email,
       '+1503555' || lpad((v.k % 10000)::text, 4, '0') AS phone,
       'https://www.' || t.host AS website,
       t.host AS domain,
       t.organization,
       (ARRAY['Ana Alvarez', 'Ben Brown', 'Chloé Côté', 'Farid Fischer', 'Hiro Ito'])[v.k % 5 + 1] AS contact_name,
       (v.k % 9900 + 1) || ' Main St' AS street,
       (ARRAY['Portland', 'Seattle', 'Montréal', 'Lyon', 'Osaka'])[v.k % 5 + 1] AS city,
       (ARRAY['OR', 'WA', 'QC', NULL, NULL])[v.k % 5 + 1] AS region,
       lpad((v.k % 99999)::text, 5, '0') AS postal_code,
       (ARRAY['US', 'US', 'CA', 'FR', 'JP'])[v.k % 5 + 1] AS country,
       (ARRAY['America/Los_Angeles', 'America/Los_Angeles', 'America/Toronto', 'Europe/Paris', 'Asia/Tokyo'])[v.k % 5 + 1] AS timezone,
       (ARRAY['en-US', 'en-US', 'fr-CA', 'fr-FR', 'ja-JP'])[v.k % 5 + 1] AS language,
       (ARRAY['USD', 'USD', 'CAD', 'EUR', 'JPY'])[v.k % 5 + 1] AS currency,
       timestamptz '2018-09-15' + interval '1 minute' * (v.k % 1000000) AS provider_created_at,
       v.valid_from AS provider_updated_at,
       -- 1.2 kB, as SignalWire's objects without their secrets.
       ('{"sid":"' || t.sid || '","friendly_name":"' || t.name || '","version":' || v.i || ',"status":"active","type":"Full","subresource_uris":{'
        || '"calls":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Calls.json",'
        || '"queues":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Queues.json",'
        || '"messages":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Messages.json",'
        || '"recordings":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Recordings.json",'
        || '"conferences":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Conferences.json",'
        || '"applications":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Applications.json",'
        || '"transcriptions":"/api/laml/2010-04-01/Accounts/' || t.sid || '/Transcriptions.json",'
        || '"outgoing_caller_ids":"/api/laml/2010-04-01/Accounts/' || t.sid || '/OutgoingCallerIds.json",'
        || '"incoming_phone_numbers":"/api/laml/2010-04-01/Accounts/' || t.sid || '/IncomingPhoneNumbers.json",'
        || '"available_phone_numbers":"/api/laml/2010-04-01/Accounts/' || t.sid || '/AvailablePhoneNumbers.json"},'
        || '"uri":"/api/laml/2010-04-01/Accounts/' || t.sid || '.json"}')::jsonb AS payload,
       sha256((v.k || ' ' || v.i)::bytea) AS fingerprint,
       CASE WHEN v.current AND v.i > 0 AND v.k % 40 = 11 THEN v.valid_from END AS deleted_at,
       CASE WHEN v.i = 0 THEN 'created' WHEN v.current AND v.k % 40 = 11 THEN 'deleted'
            WHEN v.i = 1 AND v.k % 20 = 7 THEN 'moved' ELSE 'updated' END AS operation,
       CASE WHEN v.i = 0 OR v.current AND v.k % 40 = 11 THEN NULL
            WHEN v.i = 1 AND v.k % 20 = 7 THEN ARRAY['parent_external_id', 'payload']
            WHEN v.i % 2 = 0 THEN ARRAY['name', 'status', 'provider_updated_at', 'payload'] ELSE ARRAY['provider_updated_at', 'payload'] END AS changed
FROM public.bench_version v
CROSS JOIN LATERAL (
    SELECT w.organization || ' ' || (ARRAY['Group', 'LLC', 'Partners', 'Inc.', 'Services'])[v.k / 7 % 5 + 1] || ' ' || v.k AS name,
           w.organization, w.sid, w.trade || v.k % 50000 || '.example.com' AS host
    FROM (
        SELECT (ARRAY['Harbor', 'Cedar', 'Summit', 'Maple', 'Granite', 'Prairie', 'Évangéline', 'Juniper', 'Union', 'Copper', 'Old Mill'])[v.k % 11 + 1]
               || ' ' || (ARRAY['Dental', 'Legal', 'Plumbing', 'Realty', 'Insurance', 'Telecom', 'Optical'])[v.k % 7 + 1] AS organization,
               lower((ARRAY['Dental', 'Legal', 'Plumbing', 'Realty', 'Insurance', 'Telecom', 'Optical'])[v.k % 7 + 1]) AS trade,
               public.bench_external_id(v.k) AS sid
        OFFSET 0
    ) w
    OFFSET 0
) t;
