-- A small directory at version 4 of the schema, made by pg_dump --inserts. It never changes.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA directory;

COMMENT ON SCHEMA directory IS 'Accounts of every provider connection with their hierarchy and history. rollcall writes it; analysts read it.';

CREATE SCHEMA directory_internal;

COMMENT ON SCHEMA directory_internal IS 'Internal tables of rollcall. They may change in any release.';

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE directory.accounts (
    id bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    external_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    parent_external_id text COLLATE pg_catalog."C",
    parent_id bigint,
    root_id bigint NOT NULL,
    depth integer NOT NULL,
    path bigint[] NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    kind text,
    reference text,
    email text,
    phone text,
    website text,
    domain text,
    organization text,
    contact_name text,
    street text,
    city text,
    region text,
    postal_code text,
    country text,
    timezone text,
    language text,
    currency text,
    provider_created_at timestamp with time zone,
    provider_updated_at timestamp with time zone,
    payload jsonb NOT NULL,
    fingerprint bytea NOT NULL,
    first_seen_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    deleted_at timestamp with time zone,
    CONSTRAINT accounts_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text, 'closed'::text, 'unknown'::text])))
);

COMMENT ON TABLE directory.accounts IS 'One row per account, its current state. Deleted accounts stay, with deleted_at set.';

COMMENT ON COLUMN directory.accounts.id IS 'Stable within this directory; a restored account keeps it.';

COMMENT ON COLUMN directory.accounts.source IS 'Name of the connection that the account was read from.';

COMMENT ON COLUMN directory.accounts.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory.accounts.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory.accounts.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory.accounts.parent_id IS 'The parent in this directory: accounts.id. Null on a root, while the parent is unknown (an orphan), and where a cycle was broken.';

COMMENT ON COLUMN directory.accounts.root_id IS 'The topmost known ancestor; the account itself where it has no parent.';

COMMENT ON COLUMN directory.accounts.depth IS 'Number of known ancestors; 0 on a root.';

COMMENT ON COLUMN directory.accounts.path IS 'Ids from the root to the account itself.';

COMMENT ON COLUMN directory.accounts.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory.accounts.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory.accounts.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory.accounts.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory.accounts.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory.accounts.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory.accounts.website IS 'URL.';

COMMENT ON COLUMN directory.accounts.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory.accounts.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory.accounts.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory.accounts.street IS 'Street address.';

COMMENT ON COLUMN directory.accounts.city IS 'City of the address.';

COMMENT ON COLUMN directory.accounts.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory.accounts.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory.accounts.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory.accounts.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory.accounts.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory.accounts.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory.accounts.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory.accounts.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory.accounts.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory.accounts.fingerprint IS 'Hash of everything that counts as a change.';

COMMENT ON COLUMN directory.accounts.first_seen_at IS 'Instant of the first run that saw the account.';

COMMENT ON COLUMN directory.accounts.changed_at IS 'Instant of the last run that changed the account.';

COMMENT ON COLUMN directory.accounts.deleted_at IS 'When a run found the account missing and deleted it; null while it is live, and again once it is restored.';

CREATE TABLE directory_internal.account_version (
    account_id bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_to timestamp with time zone NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    external_id text NOT NULL COLLATE pg_catalog."C",
    operation text NOT NULL,
    changed text[],
    provider text NOT NULL,
    parent_external_id text COLLATE pg_catalog."C",
    name text NOT NULL,
    status text NOT NULL,
    kind text,
    reference text,
    email text,
    phone text,
    website text,
    domain text,
    organization text,
    contact_name text,
    street text,
    city text,
    region text,
    postal_code text,
    country text,
    timezone text,
    language text,
    currency text,
    provider_created_at timestamp with time zone,
    provider_updated_at timestamp with time zone,
    payload jsonb NOT NULL,
    fingerprint bytea NOT NULL,
    deleted_at timestamp with time zone
);

COMMENT ON TABLE directory_internal.account_version IS 'Versions of accounts that a later version replaced.';

COMMENT ON COLUMN directory_internal.account_version.account_id IS 'The account: accounts.id.';

COMMENT ON COLUMN directory_internal.account_version.valid_from IS 'Instant of the run that made this version.';

COMMENT ON COLUMN directory_internal.account_version.valid_to IS 'valid_from of the next version.';

COMMENT ON COLUMN directory_internal.account_version.source IS 'Name of the connection that the account was read from.';

COMMENT ON COLUMN directory_internal.account_version.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory_internal.account_version.operation IS 'As in account_history.';

COMMENT ON COLUMN directory_internal.account_version.changed IS 'As in account_history.';

COMMENT ON COLUMN directory_internal.account_version.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory_internal.account_version.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory_internal.account_version.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory_internal.account_version.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory_internal.account_version.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory_internal.account_version.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory_internal.account_version.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory_internal.account_version.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory_internal.account_version.website IS 'URL.';

COMMENT ON COLUMN directory_internal.account_version.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory_internal.account_version.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory_internal.account_version.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory_internal.account_version.street IS 'Street address.';

COMMENT ON COLUMN directory_internal.account_version.city IS 'City of the address.';

COMMENT ON COLUMN directory_internal.account_version.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory_internal.account_version.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory_internal.account_version.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory_internal.account_version.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory_internal.account_version.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory_internal.account_version.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory_internal.account_version.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory_internal.account_version.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory_internal.account_version.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory_internal.account_version.fingerprint IS 'Hash of everything that counts as a change.';

COMMENT ON COLUMN directory_internal.account_version.deleted_at IS 'When a run found the account missing and deleted it; null while it is live, and again once it is restored.';

CREATE TABLE directory_internal.applied_run (
    source text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    run_id bigint NOT NULL
);

COMMENT ON TABLE directory_internal.applied_run IS 'Instant of each run that changed something: maps account_history.valid_from to its run.';

COMMENT ON COLUMN directory_internal.applied_run.source IS 'Name of the connection.';

COMMENT ON COLUMN directory_internal.applied_run.at IS 'Instant of the run.';

COMMENT ON COLUMN directory_internal.applied_run.run_id IS 'The run: runs.id.';

CREATE TABLE directory_internal.last_change (
    account_id bigint NOT NULL,
    operation text NOT NULL,
    changed text[]
);

COMMENT ON TABLE directory_internal.last_change IS 'Operation that made the current version of an account. An account without a row has not changed since it was created.';

COMMENT ON COLUMN directory_internal.last_change.account_id IS 'The account: accounts.id.';

COMMENT ON COLUMN directory_internal.last_change.operation IS 'As in account_history.';

COMMENT ON COLUMN directory_internal.last_change.changed IS 'As in account_history.';

CREATE VIEW directory.account_history AS
 SELECT h.account_id,
    h.source,
    h.external_id,
    h.provider,
    h.parent_external_id,
    h.name,
    h.status,
    h.kind,
    h.reference,
    h.email,
    h.phone,
    h.website,
    h.domain,
    h.organization,
    h.contact_name,
    h.street,
    h.city,
    h.region,
    h.postal_code,
    h.country,
    h.timezone,
    h.language,
    h.currency,
    h.provider_created_at,
    h.provider_updated_at,
    h.payload,
    h.fingerprint,
    h.valid_from AS changed_at,
    h.deleted_at,
    COALESCE(h.operation, ( SELECT c.operation
           FROM directory_internal.last_change c
          WHERE (c.account_id = h.account_id)), 'created'::text) AS operation,
        CASE
            WHEN (h.valid_to IS NULL) THEN ( SELECT c.changed
               FROM directory_internal.last_change c
              WHERE (c.account_id = h.account_id))
            ELSE h.changed
        END AS changed,
    h.valid_from,
    h.valid_to,
    r.run_id
   FROM (( SELECT v.account_id,
            v.source,
            v.external_id,
            v.provider,
            v.parent_external_id,
            v.name,
            v.status,
            v.kind,
            v.reference,
            v.email,
            v.phone,
            v.website,
            v.domain,
            v.organization,
            v.contact_name,
            v.street,
            v.city,
            v.region,
            v.postal_code,
            v.country,
            v.timezone,
            v.language,
            v.currency,
            v.provider_created_at,
            v.provider_updated_at,
            v.payload,
            v.fingerprint,
            v.deleted_at,
            v.operation,
            v.changed,
            v.valid_from,
            v.valid_to
           FROM directory_internal.account_version v
        UNION ALL
         SELECT a.id,
            a.source,
            a.external_id,
            a.provider,
            a.parent_external_id,
            a.name,
            a.status,
            a.kind,
            a.reference,
            a.email,
            a.phone,
            a.website,
            a.domain,
            a.organization,
            a.contact_name,
            a.street,
            a.city,
            a.region,
            a.postal_code,
            a.country,
            a.timezone,
            a.language,
            a.currency,
            a.provider_created_at,
            a.provider_updated_at,
            a.payload,
            a.fingerprint,
            a.deleted_at,
            NULL::text AS text,
            NULL::text[] AS text,
            a.changed_at,
            NULL::timestamp with time zone AS timestamptz
           FROM directory.accounts a) h
     LEFT JOIN directory_internal.applied_run r ON (((r.source = h.source) AND (r.at = h.valid_from))));

COMMENT ON VIEW directory.account_history IS 'One row per version of an account. A change of its ancestors makes no new version.';

COMMENT ON COLUMN directory.account_history.account_id IS 'The account: accounts.id.';

COMMENT ON COLUMN directory.account_history.source IS 'Name of the connection that the account was read from.';

COMMENT ON COLUMN directory.account_history.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory.account_history.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory.account_history.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory.account_history.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory.account_history.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory.account_history.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory.account_history.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory.account_history.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory.account_history.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory.account_history.website IS 'URL.';

COMMENT ON COLUMN directory.account_history.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory.account_history.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory.account_history.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory.account_history.street IS 'Street address.';

COMMENT ON COLUMN directory.account_history.city IS 'City of the address.';

COMMENT ON COLUMN directory.account_history.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory.account_history.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory.account_history.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory.account_history.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory.account_history.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory.account_history.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory.account_history.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory.account_history.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory.account_history.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory.account_history.fingerprint IS 'Hash of everything that counts as a change.';

COMMENT ON COLUMN directory.account_history.changed_at IS 'Instant of the last run that changed the account.';

COMMENT ON COLUMN directory.account_history.deleted_at IS 'When a run found the account missing and deleted it; null while it is live, and again once it is restored.';

COMMENT ON COLUMN directory.account_history.operation IS 'Operation that made this version: created, updated, moved (its parent changed), deleted or restored.';

COMMENT ON COLUMN directory.account_history.changed IS 'Columns that differ from the previous version, in the table''s order; null on created and deleted.';

COMMENT ON COLUMN directory.account_history.valid_from IS 'Instant of the run that made this version.';

COMMENT ON COLUMN directory.account_history.valid_to IS 'valid_from of the next version; null on the current version.';

COMMENT ON COLUMN directory.account_history.run_id IS 'The run that made this version: runs.id, also once that row was removed after ROLLCALL_RETENTION.';

CREATE FUNCTION directory.accounts_as_of(at timestamp with time zone) RETURNS SETOF directory.account_history
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    SELECT * FROM directory.account_history h
    WHERE h.valid_from OPERATOR(pg_catalog.<=) $1 AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL) AND h.deleted_at IS NULL
$_$;

COMMENT ON FUNCTION directory.accounts_as_of(at timestamp with time zone) IS 'The accounts that were live at that time, as they were then.';

CREATE FUNCTION directory.ancestors(id bigint) RETURNS SETOF directory.accounts
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    SELECT p.* FROM directory.accounts p
    WHERE p.id OPERATOR(pg_catalog.<>) $1
      AND p.id OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.unnest(a.path) FROM directory.accounts a WHERE a.id OPERATOR(pg_catalog.=) $1)
    ORDER BY p.depth DESC
$_$;

COMMENT ON FUNCTION directory.ancestors(id bigint) IS 'All accounts above that one, itself left out, nearest first.';

CREATE FUNCTION directory.changes(since timestamp with time zone, until timestamp with time zone) RETURNS TABLE(changed_at timestamp with time zone, account_id bigint, source text, external_id text, operation text, field text, old_value text, new_value text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
    SELECT n.valid_from, n.account_id, n.source, n.external_id, n.operation, f.field,
           CASE f.field
               WHEN 'provider' THEN o.provider WHEN 'parent_external_id' THEN o.parent_external_id WHEN 'name' THEN o.name
               WHEN 'status' THEN o.status WHEN 'kind' THEN o.kind WHEN 'reference' THEN o.reference WHEN 'email' THEN o.email
               WHEN 'phone' THEN o.phone WHEN 'website' THEN o.website WHEN 'domain' THEN o.domain WHEN 'organization' THEN o.organization
               WHEN 'contact_name' THEN o.contact_name WHEN 'street' THEN o.street WHEN 'city' THEN o.city WHEN 'region' THEN o.region
               WHEN 'postal_code' THEN o.postal_code WHEN 'country' THEN o.country WHEN 'timezone' THEN o.timezone
               WHEN 'language' THEN o.language WHEN 'currency' THEN o.currency
               WHEN 'provider_created_at' THEN to_jsonb(o.provider_created_at) #>> '{}'
               WHEN 'provider_updated_at' THEN to_jsonb(o.provider_updated_at) #>> '{}' WHEN 'payload' THEN o.payload::text
               WHEN 'deleted_at' THEN to_jsonb(o.deleted_at) #>> '{}'
           END,
           CASE f.field
               WHEN 'provider' THEN n.provider WHEN 'parent_external_id' THEN n.parent_external_id WHEN 'name' THEN n.name
               WHEN 'status' THEN n.status WHEN 'kind' THEN n.kind WHEN 'reference' THEN n.reference WHEN 'email' THEN n.email
               WHEN 'phone' THEN n.phone WHEN 'website' THEN n.website WHEN 'domain' THEN n.domain WHEN 'organization' THEN n.organization
               WHEN 'contact_name' THEN n.contact_name WHEN 'street' THEN n.street WHEN 'city' THEN n.city WHEN 'region' THEN n.region
               WHEN 'postal_code' THEN n.postal_code WHEN 'country' THEN n.country WHEN 'timezone' THEN n.timezone
               WHEN 'language' THEN n.language WHEN 'currency' THEN n.currency
               WHEN 'provider_created_at' THEN to_jsonb(n.provider_created_at) #>> '{}'
               WHEN 'provider_updated_at' THEN to_jsonb(n.provider_updated_at) #>> '{}' WHEN 'payload' THEN n.payload::text
               WHEN 'deleted_at' THEN to_jsonb(n.deleted_at) #>> '{}'
           END
    FROM (SELECT * FROM directory.account_history h WHERE h.valid_from >= $1 AND h.valid_from < $2 OFFSET 0) n
    LEFT JOIN LATERAL (
        SELECT * FROM directory_internal.account_version v
        WHERE n.changed IS NOT NULL AND v.account_id = n.account_id AND v.valid_from < n.valid_from
        ORDER BY v.valid_from DESC
        LIMIT 1
    ) o ON true
    LEFT JOIN LATERAL unnest(n.changed) AS f (field) ON true
$_$;

COMMENT ON FUNCTION directory.changes(since timestamp with time zone, until timestamp with time zone) IS 'Changes from since on and before until: one row per changed field; one row without a field for an account that was created or deleted.';

CREATE FUNCTION directory.descendants(id bigint) RETURNS SETOF directory.accounts
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $_$
    -- Postgres cannot estimate the number of descendants, and would read all
    -- accounts to find a few: OFFSET 0 makes each look-up an index scan. The
    -- function sorts ids, not rows.
    WITH RECURSIVE below AS (
        SELECT a.id, 1 AS level FROM directory.accounts a WHERE a.parent_id OPERATOR(pg_catalog.=) $1
        UNION ALL
        SELECT c.id, b.level OPERATOR(pg_catalog.+) 1
        FROM below b
        CROSS JOIN LATERAL (SELECT a.id FROM directory.accounts a WHERE a.parent_id OPERATOR(pg_catalog.=) b.id OFFSET 0) c
    )
    SELECT a.*
    FROM (SELECT b.id, b.level FROM below b ORDER BY b.level, b.id) b
    CROSS JOIN LATERAL (SELECT * FROM directory.accounts a WHERE a.id OPERATOR(pg_catalog.=) b.id OFFSET 0) a
    ORDER BY b.level, b.id
$_$;

COMMENT ON FUNCTION directory.descendants(id bigint) IS 'All accounts below that one, itself left out, nearest first.';

CREATE FUNCTION directory.tree_as_of(root bigint, at timestamp with time zone) RETURNS SETOF directory.account_history
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
    -- Deleted accounts take part, since they keep their children. The recursion
    -- reads the tables and not the view account_history, of which Postgres would
    -- read all before it applies a condition on the parent.
    WITH RECURSIVE subtree AS (
        SELECT a.id, a.source, a.external_id, ARRAY[a.id] AS path, false AS repeated
        FROM directory.accounts a
        WHERE a.id = $1 AND a.first_seen_at <= $2
        UNION ALL
        SELECT c.id, t.source, c.external_id, t.path || c.id, c.id = $1
        FROM subtree t
        CROSS JOIN LATERAL (
            SELECT a.id, a.external_id
            FROM directory.accounts a
            WHERE a.parent_id = t.id AND a.changed_at <= $2
            UNION ALL
            SELECT a.id, a.external_id -- where a cycle was broken
            FROM directory.accounts a
            WHERE a.source = t.source AND a.parent_external_id = t.external_id AND a.parent_id IS NULL
              AND a.changed_at <= $2
            UNION ALL
            SELECT v.account_id, v.external_id
            FROM directory_internal.account_version v
            WHERE v.source = t.source AND v.parent_external_id = t.external_id
              AND v.valid_from <= $2 AND v.valid_to > $2
            OFFSET 0
        ) c
        WHERE NOT t.repeated
    ),
    -- Each account has one parent, so that a cycle returns to the topmost account.
    -- It is broken at its smallest external id.
    broken AS (
        SELECT id FROM subtree
        WHERE NOT repeated AND id = ANY ((SELECT path FROM subtree WHERE repeated LIMIT 1)::bigint[])
        ORDER BY external_id COLLATE "C" LIMIT 1
    )
    SELECT s.*
    FROM (
        SELECT t.id, cardinality(t.path) AS level
        FROM subtree t
        WHERE NOT t.repeated AND NOT EXISTS (SELECT FROM broken b WHERE b.id <> $1 AND b.id = ANY (t.path))
        ORDER BY level, t.id
    ) t
    CROSS JOIN LATERAL (
        SELECT * FROM directory.account_history s
        WHERE s.account_id = t.id AND s.valid_from <= $2 AND (s.valid_to > $2 OR s.valid_to IS NULL) AND s.deleted_at IS NULL
        OFFSET 0
    ) s
    ORDER BY t.level, t.id
$_$;

COMMENT ON FUNCTION directory.tree_as_of(root bigint, at timestamp with time zone) IS 'An account and its descendants as the tree was at that time, parents before children. Accounts that were deleted then are left out; their children stay.';

ALTER TABLE directory.accounts ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME directory.accounts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE directory.held_deletions (
    source text NOT NULL COLLATE pg_catalog."C",
    external_id text NOT NULL COLLATE pg_catalog."C",
    account_id bigint NOT NULL,
    run_id bigint NOT NULL,
    held_at timestamp with time zone NOT NULL,
    reason text NOT NULL
);

COMMENT ON TABLE directory.held_deletions IS 'Missing accounts whose deletion is on hold.';

COMMENT ON COLUMN directory.held_deletions.source IS 'Name of the connection.';

COMMENT ON COLUMN directory.held_deletions.external_id IS 'The provider''s id of the account.';

COMMENT ON COLUMN directory.held_deletions.account_id IS 'The account in this directory.';

COMMENT ON COLUMN directory.held_deletions.run_id IS 'The last complete run whose listing left the account out.';

COMMENT ON COLUMN directory.held_deletions.held_at IS 'When its deletion was first held.';

COMMENT ON COLUMN directory.held_deletions.reason IS 'Why its deletion is on hold.';

CREATE VIEW directory.live_accounts AS
 SELECT accounts.id,
    accounts.source,
    accounts.external_id,
    accounts.provider,
    accounts.parent_external_id,
    accounts.parent_id,
    accounts.root_id,
    accounts.depth,
    accounts.path,
    accounts.name,
    accounts.status,
    accounts.kind,
    accounts.reference,
    accounts.email,
    accounts.phone,
    accounts.website,
    accounts.domain,
    accounts.organization,
    accounts.contact_name,
    accounts.street,
    accounts.city,
    accounts.region,
    accounts.postal_code,
    accounts.country,
    accounts.timezone,
    accounts.language,
    accounts.currency,
    accounts.provider_created_at,
    accounts.provider_updated_at,
    accounts.payload,
    accounts.fingerprint,
    accounts.first_seen_at,
    accounts.changed_at,
    accounts.deleted_at
   FROM directory.accounts
  WHERE (accounts.deleted_at IS NULL);

COMMENT ON VIEW directory.live_accounts IS 'The accounts that are not deleted.';

COMMENT ON COLUMN directory.live_accounts.id IS 'Stable within this directory; a restored account keeps it.';

COMMENT ON COLUMN directory.live_accounts.source IS 'Name of the connection that the account was read from.';

COMMENT ON COLUMN directory.live_accounts.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory.live_accounts.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory.live_accounts.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory.live_accounts.parent_id IS 'The parent in this directory: accounts.id. Null on a root, while the parent is unknown (an orphan), and where a cycle was broken.';

COMMENT ON COLUMN directory.live_accounts.root_id IS 'The topmost known ancestor; the account itself where it has no parent.';

COMMENT ON COLUMN directory.live_accounts.depth IS 'Number of known ancestors; 0 on a root.';

COMMENT ON COLUMN directory.live_accounts.path IS 'Ids from the root to the account itself.';

COMMENT ON COLUMN directory.live_accounts.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory.live_accounts.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory.live_accounts.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory.live_accounts.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory.live_accounts.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory.live_accounts.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory.live_accounts.website IS 'URL.';

COMMENT ON COLUMN directory.live_accounts.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory.live_accounts.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory.live_accounts.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory.live_accounts.street IS 'Street address.';

COMMENT ON COLUMN directory.live_accounts.city IS 'City of the address.';

COMMENT ON COLUMN directory.live_accounts.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory.live_accounts.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory.live_accounts.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory.live_accounts.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory.live_accounts.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory.live_accounts.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory.live_accounts.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory.live_accounts.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory.live_accounts.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory.live_accounts.fingerprint IS 'Hash of everything that counts as a change.';

COMMENT ON COLUMN directory.live_accounts.first_seen_at IS 'Instant of the first run that saw the account.';

COMMENT ON COLUMN directory.live_accounts.changed_at IS 'Instant of the last run that changed the account.';

COMMENT ON COLUMN directory.live_accounts.deleted_at IS 'When a run found the account missing and deleted it; null while it is live, and again once it is restored.';

CREATE TABLE directory.payload_fields (
    provider text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    types text[] NOT NULL,
    first_run bigint NOT NULL,
    last_run bigint NOT NULL,
    count bigint NOT NULL
);

COMMENT ON TABLE directory.payload_fields IS 'Fields of each provider''s objects, taken from new and changed records; at most 1000 per provider.';

COMMENT ON COLUMN directory.payload_fields.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory.payload_fields.path IS 'Member names, separated by dots. [] stands for the items of an array; * stands for any member, where an object has more than 64 names or a name cannot be part of a path.';

COMMENT ON COLUMN directory.payload_fields.types IS 'JSON types seen, in alphabetical order: array, boolean, null, number, object, string.';

COMMENT ON COLUMN directory.payload_fields.first_run IS 'The run that saw the field first: runs.id.';

COMMENT ON COLUMN directory.payload_fields.last_run IS 'The last run in which a new or changed record had the field: runs.id.';

COMMENT ON COLUMN directory.payload_fields.count IS 'How often new and changed records had the field.';

CREATE TABLE directory.rejects (
    run_id bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    external_id text COLLATE pg_catalog."C",
    reason text NOT NULL,
    payload jsonb,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    id bigint NOT NULL
);

COMMENT ON TABLE directory.rejects IS 'Records that were rejected. The account keeps its last good version.';

COMMENT ON COLUMN directory.rejects.run_id IS 'The last run that read the record.';

COMMENT ON COLUMN directory.rejects.source IS 'Name of the connection.';

COMMENT ON COLUMN directory.rejects.external_id IS 'The provider''s id, where one could be read.';

COMMENT ON COLUMN directory.rejects.reason IS 'Why the record was rejected.';

COMMENT ON COLUMN directory.rejects.payload IS 'The record without secrets, where it is an object that can be stored.';

COMMENT ON COLUMN directory.rejects.first_seen_at IS 'When the record was first rejected.';

COMMENT ON COLUMN directory.rejects.last_seen_at IS 'When the record was last rejected.';

COMMENT ON COLUMN directory.rejects.resolved_at IS 'When the account was accepted or found missing; null while the reject is open.';

COMMENT ON COLUMN directory.rejects.id IS 'Number of the reject.';

ALTER TABLE directory.rejects ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME directory.rejects_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE directory.runs (
    id bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    trigger text NOT NULL,
    status text NOT NULL,
    complete boolean DEFAULT false NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    pages bigint DEFAULT 0 NOT NULL,
    fetched bigint DEFAULT 0 NOT NULL,
    created bigint DEFAULT 0 NOT NULL,
    updated bigint DEFAULT 0 NOT NULL,
    moved bigint DEFAULT 0 NOT NULL,
    deleted bigint DEFAULT 0 NOT NULL,
    restored bigint DEFAULT 0 NOT NULL,
    unchanged bigint DEFAULT 0 NOT NULL,
    rejected bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    error text,
    applied_seq bigint,
    CONSTRAINT runs_status_check CHECK ((status = ANY (ARRAY['running'::text, 'succeeded'::text, 'held'::text, 'partial'::text, 'failed'::text, 'skipped'::text, 'interrupted'::text]))),
    CONSTRAINT runs_trigger_check CHECK ((trigger = ANY (ARRAY['schedule'::text, 'manual'::text, 'backfill'::text, 'hook'::text])))
);

COMMENT ON TABLE directory.runs IS 'One row per run of one connection.';

COMMENT ON COLUMN directory.runs.id IS 'Number of the run.';

COMMENT ON COLUMN directory.runs.source IS 'Name of the connection.';

COMMENT ON COLUMN directory.runs.trigger IS 'What started the run: schedule, manual, backfill or hook.';

COMMENT ON COLUMN directory.runs.status IS 'running; succeeded; held (all applied but some deletions); partial (what was read is applied, nothing is deleted); failed (nothing is applied); skipped (another run held the connection); interrupted.';

COMMENT ON COLUMN directory.runs.complete IS 'Whether the run saw a whole listing.';

COMMENT ON COLUMN directory.runs.started_at IS 'When the run began, holding the connection.';

COMMENT ON COLUMN directory.runs.finished_at IS 'When the run ended, still holding the connection; null while it is running.';

COMMENT ON COLUMN directory.runs.pages IS 'Batches of records read.';

COMMENT ON COLUMN directory.runs.fetched IS 'Distinct accounts seen, plus records without an id.';

COMMENT ON COLUMN directory.runs.created IS 'Accounts that are new to the directory.';

COMMENT ON COLUMN directory.runs.updated IS 'Accounts that changed in place.';

COMMENT ON COLUMN directory.runs.moved IS 'Accounts whose parent changed.';

COMMENT ON COLUMN directory.runs.deleted IS 'Accounts deleted because they were missing.';

COMMENT ON COLUMN directory.runs.restored IS 'Deleted accounts that were listed again.';

COMMENT ON COLUMN directory.runs.unchanged IS 'Accounts seen without a change.';

COMMENT ON COLUMN directory.runs.rejected IS 'Records that were rejected.';

COMMENT ON COLUMN directory.runs.held IS 'Missing accounts whose deletion is on hold.';

COMMENT ON COLUMN directory.runs.error IS 'What failed or why deletions are held, and what to do; never a secret.';

COMMENT ON COLUMN directory.runs.applied_seq IS 'Assigned in the order in which runs became visible; null where a run changed nothing. An incremental reader keeps the last one it saw, and reads more often than ROLLCALL_RETENTION.';

ALTER TABLE directory.runs ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME directory.runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE directory_internal.connection (
    id integer NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    identity text,
    run_id bigint,
    last_applied_at timestamp with time zone,
    started_at timestamp with time zone,
    configured boolean DEFAULT true NOT NULL,
    cached_run bigint
);

COMMENT ON TABLE directory_internal.connection IS 'One row per connection ever run.';

COMMENT ON COLUMN directory_internal.connection.id IS 'Key of its advisory lock, and part of the name of its staging table.';

COMMENT ON COLUMN directory_internal.connection.name IS 'Name of the connection: accounts.source.';

COMMENT ON COLUMN directory_internal.connection.provider IS 'Its provider, as of its last run.';

COMMENT ON COLUMN directory_internal.connection.identity IS 'Host and provider account that its accounts came from. A listing of another one is applied only where it has at least half of the live accounts.';

COMMENT ON COLUMN directory_internal.connection.run_id IS 'The run that holds the connection; no other run can apply (fencing).';

COMMENT ON COLUMN directory_internal.connection.last_applied_at IS 'Instant of the last run that changed something; the instant of the next one is later.';

COMMENT ON COLUMN directory_internal.connection.started_at IS 'When its last scheduled or manual run began; @every counts from it.';

COMMENT ON COLUMN directory_internal.connection.configured IS 'Whether ROLLCALL_SOURCES had it when all connections were last run.';

COMMENT ON COLUMN directory_internal.connection.cached_run IS 'The run whose listing chunk_cache holds; null once anything else changed an account of the connection.';

CREATE VIEW directory.source_health AS
 SELECT c.name AS source,
    c.provider,
    c.configured,
    good.finished_at AS last_success_at,
    (now() - good.finished_at) AS last_success_age,
    run.status AS last_status,
    run.finished_at AS last_finished_at,
    run.error AS last_error,
    ( SELECT count(*) AS count
           FROM directory.accounts a
          WHERE ((a.source = c.name) AND (a.deleted_at IS NULL))) AS accounts_live,
    ( SELECT count(*) AS count
           FROM directory.accounts a
          WHERE ((a.source = c.name) AND (a.deleted_at IS NOT NULL))) AS accounts_deleted,
    ( SELECT (COALESCE(sum(((((r.created + r.updated) + r.moved) + r.deleted) + r.restored)), (0)::numeric))::bigint AS "coalesce"
           FROM directory.runs r
          WHERE ((r.source = c.name) AND (r.finished_at > (now() - '24:00:00'::interval)) AND (r.finished_at <= now()))) AS changes_24h,
    ( SELECT count(*) AS count
           FROM directory.accounts a
          WHERE ((a.source = c.name) AND (a.parent_external_id IS NOT NULL) AND (a.parent_id IS NULL) AND (a.deleted_at IS NULL) AND (NOT (EXISTS ( SELECT
                   FROM directory.accounts p
                  WHERE ((p.source = a.source) AND (p.external_id = a.parent_external_id))))))) AS orphans,
    ( SELECT count(*) AS count
           FROM directory.held_deletions h
          WHERE (h.source = c.name)) AS deletions_held,
    ( SELECT count(*) AS count
           FROM directory.rejects j
          WHERE ((j.source = c.name) AND (j.resolved_at IS NULL))) AS rejects_open
   FROM ((directory_internal.connection c
     LEFT JOIN LATERAL ( SELECT r.status,
            r.finished_at,
            r.error
           FROM directory.runs r
          WHERE ((r.source = c.name) AND (r.status <> ALL (ARRAY['running'::text, 'skipped'::text])) AND (NOT ((r.trigger = 'manual'::text) AND (r.status = 'succeeded'::text) AND (NOT r.complete))))
          ORDER BY r.id DESC
         LIMIT 1) run ON (true))
     LEFT JOIN LATERAL ( SELECT GREATEST(( SELECT max(r.finished_at) AS max
                   FROM directory.runs r
                  WHERE ((r.source = c.name) AND r.complete AND (r.finished_at <= now()))), ( SELECT LEAST(now(), ( SELECT min(later.started_at) AS min
                           FROM directory.runs later
                          WHERE ((later.source = c.name) AND (later.id > r.id)))) AS "least"
                   FROM directory.runs r
                  WHERE ((r.source = c.name) AND r.complete AND (r.finished_at > now()))
                  ORDER BY r.id DESC
                 LIMIT 1)) AS finished_at) good ON (true));

COMMENT ON VIEW directory.source_health IS 'One row per connection ever run: its state.';

COMMENT ON COLUMN directory.source_health.source IS 'Name of the connection.';

COMMENT ON COLUMN directory.source_health.provider IS 'Its provider, as of its last run.';

COMMENT ON COLUMN directory.source_health.configured IS 'Whether ROLLCALL_SOURCES had it when all connections were last run.';

COMMENT ON COLUMN directory.source_health.last_success_at IS 'When a run last read and applied a complete listing (deletions may be held). Never in the future.';

COMMENT ON COLUMN directory.source_health.last_success_age IS 'How long ago that was.';

COMMENT ON COLUMN directory.source_health.last_status IS 'Status of the last run that ended: runs.status. Accounts retired by hand do not count.';

COMMENT ON COLUMN directory.source_health.last_finished_at IS 'When that run ended.';

COMMENT ON COLUMN directory.source_health.last_error IS 'Error of that run; null where it had none.';

COMMENT ON COLUMN directory.source_health.accounts_live IS 'Accounts that are not deleted.';

COMMENT ON COLUMN directory.source_health.accounts_deleted IS 'Deleted accounts, which are kept.';

COMMENT ON COLUMN directory.source_health.changes_24h IS 'Accounts created, updated, moved, deleted and restored in the last 24 hours.';

COMMENT ON COLUMN directory.source_health.orphans IS 'Live accounts that name an unknown parent.';

COMMENT ON COLUMN directory.source_health.deletions_held IS 'Rows of held_deletions.';

COMMENT ON COLUMN directory.source_health.rejects_open IS 'Rows of rejects that are not resolved.';

CREATE TABLE directory_internal.applied_counter (
    only_row boolean DEFAULT true NOT NULL,
    seq bigint NOT NULL,
    CONSTRAINT applied_counter_only_row_check CHECK (only_row)
);

COMMENT ON TABLE directory_internal.applied_counter IS 'Last runs.applied_seq. A run locks its row last before COMMIT, so that the order of numbers is the order of visibility.';

COMMENT ON COLUMN directory_internal.applied_counter.only_row IS 'True: the table has one row.';

COMMENT ON COLUMN directory_internal.applied_counter.seq IS 'The last runs.applied_seq assigned.';

CREATE TABLE directory_internal.checkpoint (
    connection_id integer NOT NULL,
    period text NOT NULL,
    run_id bigint NOT NULL,
    conditions bytea NOT NULL,
    cursor text NOT NULL,
    seq bigint NOT NULL,
    rejects bigint NOT NULL,
    without_id bigint NOT NULL,
    unchanged bigint NOT NULL,
    pages bigint NOT NULL,
    saved_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE directory_internal.checkpoint IS 'How far an interrupted backfill got; its rows are staged. Void once another run of the connection applied.';

COMMENT ON COLUMN directory_internal.checkpoint.connection_id IS 'connection.id.';

COMMENT ON COLUMN directory_internal.checkpoint.period IS 'The window of creation times that is listed; empty for all.';

COMMENT ON COLUMN directory_internal.checkpoint.run_id IS 'The run that began the listing: run_id of the staged rows.';

COMMENT ON COLUMN directory_internal.checkpoint.conditions IS 'Hash of the configuration and of the mapping; a run with another hash does not resume.';

COMMENT ON COLUMN directory_internal.checkpoint.cursor IS 'The provider''s cursor that continues the listing.';

COMMENT ON COLUMN directory_internal.checkpoint.seq IS 'Number of accounts staged so far.';

COMMENT ON COLUMN directory_internal.checkpoint.rejects IS 'Number of rejects staged so far.';

COMMENT ON COLUMN directory_internal.checkpoint.without_id IS 'Number of rejects so far that belong to no known account.';

COMMENT ON COLUMN directory_internal.checkpoint.unchanged IS 'Number of accounts so far that were seen and not staged.';

COMMENT ON COLUMN directory_internal.checkpoint.pages IS 'Number of pages read so far.';

COMMENT ON COLUMN directory_internal.checkpoint.saved_at IS 'When the checkpoint was saved; it is valid for 24 hours.';

CREATE UNLOGGED TABLE directory_internal.chunk_cache (
    connection_id integer NOT NULL,
    run_id bigint NOT NULL,
    digest bytea NOT NULL,
    accounts bytea NOT NULL
);

COMMENT ON TABLE directory_internal.chunk_cache IS 'Chunks of the last complete listing by the hash of their bytes: a chunk that comes again unchanged is not compared.';

COMMENT ON COLUMN directory_internal.chunk_cache.connection_id IS 'connection.id.';

COMMENT ON COLUMN directory_internal.chunk_cache.run_id IS 'The run that read the chunk, until it has applied; then 0, and the chunk is valid.';

COMMENT ON COLUMN directory_internal.chunk_cache.digest IS 'SHA-256 of the records and of the version of their mapping, the first 16 bytes.';

COMMENT ON COLUMN directory_internal.chunk_cache.accounts IS 'Ids of the accounts in the chunk, as a roaring bitmap.';

ALTER TABLE directory_internal.connection ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME directory_internal.connection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE directory_internal.heartbeat (
    connection_id integer NOT NULL,
    pid integer NOT NULL,
    beat_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE directory_internal.heartbeat IS 'Last heartbeat of each long run''s process. Another process terminates the session of a run without heartbeats.';

COMMENT ON COLUMN directory_internal.heartbeat.connection_id IS 'connection.id.';

COMMENT ON COLUMN directory_internal.heartbeat.pid IS 'Backend that holds the connection''s advisory lock.';

COMMENT ON COLUMN directory_internal.heartbeat.beat_at IS 'When the process last sent a heartbeat, over another session.';

CREATE TABLE directory_internal.housekeeping (
    only_row boolean DEFAULT true NOT NULL,
    swept_at timestamp with time zone NOT NULL,
    CONSTRAINT housekeeping_only_row_check CHECK (only_row)
);

COMMENT ON TABLE directory_internal.housekeeping IS 'When old runs and resolved rejects were last removed, by any process: once an hour.';

COMMENT ON COLUMN directory_internal.housekeeping.only_row IS 'True: the table has at most one row.';

COMMENT ON COLUMN directory_internal.housekeeping.swept_at IS 'When the last removal began.';

CREATE TABLE directory_internal.pending_refresh (
    source text NOT NULL COLLATE pg_catalog."C",
    external_id text NOT NULL COLLATE pg_catalog."C",
    received_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    failures integer DEFAULT 0 NOT NULL
);

COMMENT ON TABLE directory_internal.pending_refresh IS 'Accounts that a webhook notification named and that are still to be fetched.';

COMMENT ON COLUMN directory_internal.pending_refresh.source IS 'Name of the connection.';

COMMENT ON COLUMN directory_internal.pending_refresh.external_id IS 'The id in the notification, which may be forged.';

COMMENT ON COLUMN directory_internal.pending_refresh.received_at IS 'When the last notification arrived: an account that was fetched earlier is fetched again.';

COMMENT ON COLUMN directory_internal.pending_refresh.due_at IS 'When to fetch the account: later after each failure.';

COMMENT ON COLUMN directory_internal.pending_refresh.failures IS 'How often fetching the account failed.';

CREATE TABLE directory_internal.schema_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);

ALTER TABLE directory_internal.schema_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME directory_internal.schema_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE UNLOGGED TABLE directory_internal.staged_1 (
    run_id bigint NOT NULL,
    seq bigint NOT NULL,
    account_id bigint NOT NULL,
    known boolean NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    parent_external_id text COLLATE pg_catalog."C",
    name text NOT NULL,
    status text NOT NULL,
    kind text,
    reference text,
    email text,
    phone text,
    website text,
    domain text,
    organization text,
    contact_name text,
    street text,
    city text,
    region text,
    postal_code text,
    country text,
    timezone text,
    language text,
    currency text,
    provider_created_at timestamp with time zone,
    provider_updated_at timestamp with time zone,
    payload jsonb NOT NULL,
    fingerprint bytea NOT NULL
)
WITH (autovacuum_enabled='false');

COMMENT ON COLUMN directory_internal.staged_1.run_id IS 'The run that staged the row.';

COMMENT ON COLUMN directory_internal.staged_1.seq IS 'Order of the listing: of several records of one account the last one counts.';

COMMENT ON COLUMN directory_internal.staged_1.account_id IS 'The account: accounts.id, reserved for it where it is new.';

COMMENT ON COLUMN directory_internal.staged_1.known IS 'Whether the account was in the directory when it was read.';

COMMENT ON COLUMN directory_internal.staged_1.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory_internal.staged_1.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory_internal.staged_1.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory_internal.staged_1.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory_internal.staged_1.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory_internal.staged_1.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory_internal.staged_1.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory_internal.staged_1.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory_internal.staged_1.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory_internal.staged_1.website IS 'URL.';

COMMENT ON COLUMN directory_internal.staged_1.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory_internal.staged_1.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory_internal.staged_1.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory_internal.staged_1.street IS 'Street address.';

COMMENT ON COLUMN directory_internal.staged_1.city IS 'City of the address.';

COMMENT ON COLUMN directory_internal.staged_1.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory_internal.staged_1.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory_internal.staged_1.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory_internal.staged_1.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory_internal.staged_1.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory_internal.staged_1.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory_internal.staged_1.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory_internal.staged_1.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory_internal.staged_1.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory_internal.staged_1.fingerprint IS 'Hash of everything that counts as a change.';

CREATE UNLOGGED TABLE directory_internal.staged_2 (
    run_id bigint NOT NULL,
    seq bigint NOT NULL,
    account_id bigint NOT NULL,
    known boolean NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    parent_external_id text COLLATE pg_catalog."C",
    name text NOT NULL,
    status text NOT NULL,
    kind text,
    reference text,
    email text,
    phone text,
    website text,
    domain text,
    organization text,
    contact_name text,
    street text,
    city text,
    region text,
    postal_code text,
    country text,
    timezone text,
    language text,
    currency text,
    provider_created_at timestamp with time zone,
    provider_updated_at timestamp with time zone,
    payload jsonb NOT NULL,
    fingerprint bytea NOT NULL
)
WITH (autovacuum_enabled='false');

COMMENT ON COLUMN directory_internal.staged_2.run_id IS 'The run that staged the row.';

COMMENT ON COLUMN directory_internal.staged_2.seq IS 'Order of the listing: of several records of one account the last one counts.';

COMMENT ON COLUMN directory_internal.staged_2.account_id IS 'The account: accounts.id, reserved for it where it is new.';

COMMENT ON COLUMN directory_internal.staged_2.known IS 'Whether the account was in the directory when it was read.';

COMMENT ON COLUMN directory_internal.staged_2.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory_internal.staged_2.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory_internal.staged_2.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory_internal.staged_2.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory_internal.staged_2.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory_internal.staged_2.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory_internal.staged_2.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory_internal.staged_2.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory_internal.staged_2.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory_internal.staged_2.website IS 'URL.';

COMMENT ON COLUMN directory_internal.staged_2.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory_internal.staged_2.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory_internal.staged_2.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory_internal.staged_2.street IS 'Street address.';

COMMENT ON COLUMN directory_internal.staged_2.city IS 'City of the address.';

COMMENT ON COLUMN directory_internal.staged_2.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory_internal.staged_2.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory_internal.staged_2.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory_internal.staged_2.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory_internal.staged_2.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory_internal.staged_2.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory_internal.staged_2.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory_internal.staged_2.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory_internal.staged_2.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory_internal.staged_2.fingerprint IS 'Hash of everything that counts as a change.';

CREATE TABLE directory_internal.staged_account (
    run_id bigint NOT NULL,
    seq bigint NOT NULL,
    account_id bigint NOT NULL,
    known boolean NOT NULL,
    external_id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    parent_external_id text COLLATE pg_catalog."C",
    name text NOT NULL,
    status text NOT NULL,
    kind text,
    reference text,
    email text,
    phone text,
    website text,
    domain text,
    organization text,
    contact_name text,
    street text,
    city text,
    region text,
    postal_code text,
    country text,
    timezone text,
    language text,
    currency text,
    provider_created_at timestamp with time zone,
    provider_updated_at timestamp with time zone,
    payload jsonb NOT NULL,
    fingerprint bytea NOT NULL
)
WITH (autovacuum_enabled='false');

ALTER TABLE ONLY directory_internal.staged_account REPLICA IDENTITY FULL;

COMMENT ON TABLE directory_internal.staged_account IS 'Template of the staging tables staged_N, where N is connection.id: new and changed accounts of a run.';

COMMENT ON COLUMN directory_internal.staged_account.run_id IS 'The run that staged the row.';

COMMENT ON COLUMN directory_internal.staged_account.seq IS 'Order of the listing: of several records of one account the last one counts.';

COMMENT ON COLUMN directory_internal.staged_account.account_id IS 'The account: accounts.id, reserved for it where it is new.';

COMMENT ON COLUMN directory_internal.staged_account.known IS 'Whether the account was in the directory when it was read.';

COMMENT ON COLUMN directory_internal.staged_account.external_id IS 'The provider''s own id; unique within a source.';

COMMENT ON COLUMN directory_internal.staged_account.provider IS 'signalwire, twilio, agendize, backstack, audian or kazoo.';

COMMENT ON COLUMN directory_internal.staged_account.parent_external_id IS 'The parent''s external_id as the provider sends it; null on a root.';

COMMENT ON COLUMN directory_internal.staged_account.name IS 'Name of the account at the provider; empty where it has none.';

COMMENT ON COLUMN directory_internal.staged_account.status IS 'active, suspended, closed or unknown.';

COMMENT ON COLUMN directory_internal.staged_account.kind IS 'trial, full, reseller, app or a plan''s name, in lower case.';

COMMENT ON COLUMN directory_internal.staged_account.reference IS 'Our own key for the account at the provider (Agendize: resellerId).';

COMMENT ON COLUMN directory_internal.staged_account.email IS 'E-mail address in lower case.';

COMMENT ON COLUMN directory_internal.staged_account.phone IS 'E.164 where the number can be parsed, else as the provider sends it.';

COMMENT ON COLUMN directory_internal.staged_account.website IS 'URL.';

COMMENT ON COLUMN directory_internal.staged_account.domain IS 'SIP realm or DNS domain of the account itself.';

COMMENT ON COLUMN directory_internal.staged_account.organization IS 'Organization that the account belongs to.';

COMMENT ON COLUMN directory_internal.staged_account.contact_name IS 'Name of the contact person.';

COMMENT ON COLUMN directory_internal.staged_account.street IS 'Street address.';

COMMENT ON COLUMN directory_internal.staged_account.city IS 'City of the address.';

COMMENT ON COLUMN directory_internal.staged_account.region IS 'State, province or region of the address.';

COMMENT ON COLUMN directory_internal.staged_account.postal_code IS 'Postal code of the address.';

COMMENT ON COLUMN directory_internal.staged_account.country IS 'ISO 3166-1 alpha-2 code, upper case.';

COMMENT ON COLUMN directory_internal.staged_account.timezone IS 'IANA zone.';

COMMENT ON COLUMN directory_internal.staged_account.language IS 'BCP 47 tag.';

COMMENT ON COLUMN directory_internal.staged_account.currency IS 'ISO 4217 code.';

COMMENT ON COLUMN directory_internal.staged_account.provider_created_at IS 'When the provider says the account was created.';

COMMENT ON COLUMN directory_internal.staged_account.provider_updated_at IS 'When the provider says the account was last updated.';

COMMENT ON COLUMN directory_internal.staged_account.payload IS 'The provider''s object without its secrets; volatile fields in it are as of changed_at.';

COMMENT ON COLUMN directory_internal.staged_account.fingerprint IS 'Hash of everything that counts as a change.';

CREATE UNLOGGED TABLE directory_internal.staged_reject (
    run_id bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    external_id text COLLATE pg_catalog."C",
    reason text NOT NULL,
    payload jsonb,
    seq bigint DEFAULT 0 NOT NULL
);

COMMENT ON TABLE directory_internal.staged_reject IS 'Records that a run rejected, until it ends.';

COMMENT ON COLUMN directory_internal.staged_reject.run_id IS 'The run that staged the row.';

COMMENT ON COLUMN directory_internal.staged_reject.source IS 'Name of the connection.';

COMMENT ON COLUMN directory_internal.staged_reject.external_id IS 'As in rejects.';

COMMENT ON COLUMN directory_internal.staged_reject.reason IS 'As in rejects.';

COMMENT ON COLUMN directory_internal.staged_reject.payload IS 'As in rejects.';

COMMENT ON COLUMN directory_internal.staged_reject.seq IS 'Number of the reject within its run, from 1.';

CREATE TABLE directory_internal.tick (
    source text NOT NULL COLLATE pg_catalog."C",
    tick_at timestamp with time zone NOT NULL,
    retried_tick timestamp with time zone,
    open_since timestamp with time zone
);

COMMENT ON TABLE directory_internal.tick IS 'One row per connection that serve schedules. A replica claims a tick by advancing tick_at.';

COMMENT ON COLUMN directory_internal.tick.source IS 'Name of the connection.';

COMMENT ON COLUMN directory_internal.tick.tick_at IS 'The last tick that was claimed; on a new connection, when serve first saw it.';

COMMENT ON COLUMN directory_internal.tick.retried_tick IS 'The last tick whose run was retried after its process or session died; a tick is retried once.';

COMMENT ON COLUMN directory_internal.tick.open_since IS 'When tick_at was last claimed for a run that has not begun yet; null once the run began or the tick was skipped.';

INSERT INTO directory.accounts VALUES
	(4, 'acme', 'orphan', 'signalwire', 'nowhere', NULL, 4, 0, '{4}', 'Orphan', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "orphan", "name": "Orphan"}', '\x3a36cdbd2de3a136cff8e18b750045fa', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.877477+00', NULL),
	(5, 'acme', 'x', 'signalwire', 'y', NULL, 5, 0, '{5}', 'X', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "x", "name": "X"}', '\x8680ada865e0d56161feca9c05849f70', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.877477+00', NULL),
	(9, 'acme', 'full', 'signalwire', 'b', 2, 1, 2, '{1,2,9}', 'Harbor Dental', 'active', 'trial', 'client-1', 'office@example.com', '+15035550100', 'https://www.example.com', 'example.com', 'Harbor', 'Chloé Côté', '1 Main St', 'Portland', 'OR', '97201', 'US', 'America/Los_Angeles', 'en-US', 'USD', '2020-01-02 03:04:05+00', '2025-01-02 03:04:05+00', '{"sid": "full", "name": "Harbor Dental"}', '\x17c18d794d1b073feca9a47ad9c597c5', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.877477+00', NULL),
	(8, 'acme', 'e', 'signalwire', 'd', 7, 1, 2, '{1,7,8}', 'E', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "e", "name": "E"}', '\x1020c8418ba601fa3ae7573f11d2d52c', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.877477+00', NULL),
	(10, 'acme', 'h', 'signalwire', NULL, NULL, 10, 0, '{10}', 'H', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "h", "name": "H"}', '\x35ff561fe50ac52b9f3d2e5a86b12d17', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.877477+00', NULL),
	(1, 'acme', 'a', 'signalwire', NULL, NULL, 1, 0, '{1}', 'A', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "a", "name": "A"}', '\xaf1c08098cf119bb4981729721714a4b', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.877477+00', NULL),
	(2, 'acme', 'b', 'signalwire', 'a', 1, 1, 1, '{1,2}', 'B two', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "b", "name": "B two"}', '\x2368bc9e1bd7a1922408275b45cf63e4', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.990765+00', NULL),
	(3, 'acme', 'c', 'signalwire', 'b', 2, 1, 2, '{1,2,3}', 'C three', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "c", "name": "C three"}', '\x14fa50af2f17db8eed0d9a734308a45a', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:15.045483+00', NULL),
	(7, 'acme', 'd', 'signalwire', 'a', 1, 1, 1, '{1,7}', 'D', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "d", "name": "D"}', '\x982138792ca427d7cacaf02153283629', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:15.045483+00', NULL),
	(11, 'acme', 'new', 'signalwire', 'c', 3, 1, 3, '{1,2,3,11}', 'New', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "new", "name": "New"}', '\x9d3811b46f23afe038011302487f0571', '2025-03-01 12:00:15.045483+00', '2025-03-01 12:00:15.045483+00', NULL),
	(6, 'acme', 'y', 'signalwire', 'x', 5, 5, 1, '{5,6}', 'Y', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "y", "name": "Y"}', '\x44c130a86cbf1383ef3a06ce357ebff7', '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:15.158577+00', '2025-03-01 12:00:15.158577+00');

INSERT INTO directory.held_deletions VALUES
	('acme', 'h', 10, 5, '2025-03-01 12:00:15.249709+00', '1 of 11 accounts is missing');

INSERT INTO directory.payload_fields VALUES
	('signalwire', 'name', '{string}', 1, 5, 20),
	('signalwire', 'sid', '{string}', 1, 5, 20);

INSERT INTO directory.rejects VALUES
	(5, 'acme', 'broken', 'status is an object', '{"sid": "broken", "status": {}}', '2025-03-01 12:00:15.249709+00', '2025-03-01 12:00:15.249709+00', NULL, 1),
	(5, 'acme', NULL, 'no id', '{"name": "?"}', '2025-03-01 12:00:15.249709+00', '2025-03-01 12:00:15.249709+00', NULL, 2);

INSERT INTO directory.runs VALUES
	(1, 'acme', 'schedule', 'succeeded', true, '2025-03-01 12:00:14.836784+00', '2025-03-01 12:00:14.9793+00', 1, 10, 10, 0, 0, 0, 0, 0, 0, 0, NULL, 1),
	(2, 'acme', 'schedule', 'succeeded', true, '2025-03-01 12:00:14.987789+00', '2025-03-01 12:00:15.001225+00', 1, 9, 0, 1, 1, 1, 0, 7, 0, 0, NULL, 2),
	(3, 'acme', 'manual', 'succeeded', true, '2025-03-01 12:00:15.042268+00', '2025-03-01 12:00:15.078187+00', 1, 11, 1, 0, 1, 0, 1, 8, 0, 0, NULL, 3),
	(4, 'acme', 'schedule', 'succeeded', true, '2025-03-01 12:00:15.119265+00', '2025-03-01 12:00:15.198463+00', 1, 10, 0, 0, 0, 1, 0, 10, 0, 0, NULL, 4),
	(5, 'acme', 'manual', 'held', true, '2025-03-01 12:00:15.228288+00', '2025-03-01 12:00:15.264248+00', 1, 11, 0, 0, 0, 0, 0, 9, 2, 1, '1 of 11 accounts is missing', NULL),
	(6, 'other', 'backfill', 'interrupted', false, '2025-03-01 12:00:15.305497+00', '2025-03-01 12:00:15.335754+00', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'the process ended', NULL),
	(7, 'acme', 'manual', 'skipped', false, '2025-03-01 12:00:15.336259+00', '2025-03-01 12:00:15.336259+00', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL, NULL);

INSERT INTO directory_internal.account_version VALUES
	(2, '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.990765+00', 'acme', 'b', 'created', NULL, 'signalwire', 'a', 'B', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "b", "name": "B"}', '\x926fd60c1ff99fc57f31fe92b39737d0', NULL),
	(3, '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.990765+00', 'acme', 'c', 'created', NULL, 'signalwire', 'b', 'C', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "c", "name": "C"}', '\x0298f7657987e4643a5217609d40c0a9', NULL),
	(7, '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:14.990765+00', 'acme', 'd', 'created', NULL, 'signalwire', 'a', 'D', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "d", "name": "D"}', '\x982138792ca427d7cacaf02153283629', NULL),
	(3, '2025-03-01 12:00:14.990765+00', '2025-03-01 12:00:15.045483+00', 'acme', 'c', 'moved', '{parent_external_id}', 'signalwire', 'a', 'C', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "c", "name": "C"}', '\x0ee5ae25b3524b0c1a6dd8b99c9ca4f7', NULL),
	(7, '2025-03-01 12:00:14.990765+00', '2025-03-01 12:00:15.045483+00', 'acme', 'd', 'deleted', NULL, 'signalwire', 'a', 'D', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "d", "name": "D"}', '\x982138792ca427d7cacaf02153283629', '2025-03-01 12:00:14.990765+00'),
	(6, '2025-03-01 12:00:14.877477+00', '2025-03-01 12:00:15.158577+00', 'acme', 'y', 'created', NULL, 'signalwire', 'x', 'Y', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "y", "name": "Y"}', '\x44c130a86cbf1383ef3a06ce357ebff7', NULL);

INSERT INTO directory_internal.applied_counter VALUES
	(true, 4);

INSERT INTO directory_internal.applied_run VALUES
	('acme', '2025-03-01 12:00:14.877477+00', 1),
	('acme', '2025-03-01 12:00:14.990765+00', 2),
	('acme', '2025-03-01 12:00:15.045483+00', 3),
	('acme', '2025-03-01 12:00:15.158577+00', 4);

INSERT INTO directory_internal.checkpoint VALUES
	(2, '', 6, '\x636f6e646974696f6e73', 'next', 1, 0, 0, 0, 1, '2025-03-01 12:00:15.335226+00');

INSERT INTO directory_internal.chunk_cache VALUES
	(1, 0, '\x01000000000000000000000000000000', '\x0100000000000000000000003a30000001000000000001001000000001000200');

INSERT INTO directory_internal.connection OVERRIDING SYSTEM VALUE VALUES
	(1, 'acme', 'signalwire', 'example.signalwire.com/P1', 5, '2025-03-01 12:00:15.158577+00', '2025-03-01 12:00:15.228373+00', true, 5),
	(2, 'other', 'agendize', NULL, 6, NULL, NULL, true, NULL);

INSERT INTO directory_internal.housekeeping VALUES
	(true, '2025-03-01 12:00:15.345434+00');

INSERT INTO directory_internal.last_change VALUES
	(2, 'updated', '{name,payload}'),
	(3, 'moved', '{parent_external_id,name,payload}'),
	(7, 'restored', '{deleted_at}'),
	(6, 'deleted', NULL);

INSERT INTO directory_internal.pending_refresh VALUES
	('acme', 'a', '2025-03-01 12:00:15.337303+00', '2025-03-01 12:00:15.337303+00', 0);

INSERT INTO directory_internal.schema_version VALUES
	(1, 0, true, '2025-03-01 12:00:14.135555'),
	(2, 1, true, '2025-03-01 12:00:14.19698'),
	(3, 2, true, '2025-03-01 12:00:14.485937'),
	(4, 3, true, '2025-03-01 12:00:14.647027'),
	(5, 4, true, '2025-03-01 12:00:14.762023');

INSERT INTO directory_internal.staged_2 VALUES
	(6, 1099511627777, 12, false, 'o1', 'agendize', NULL, 'Other', 'active', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"sid": "o1", "name": "Other"}', '\x8ff4852d9724a94e3be9fc7afc414783');

INSERT INTO directory_internal.tick VALUES
	('acme', '2025-03-01 12:00:15.336554+00', NULL, NULL);

SELECT pg_catalog.setval('directory.accounts_id_seq', 12, true);

SELECT pg_catalog.setval('directory.rejects_id_seq', 2, true);

SELECT pg_catalog.setval('directory.runs_id_seq', 7, true);

SELECT pg_catalog.setval('directory_internal.connection_id_seq', 2, true);

SELECT pg_catalog.setval('directory_internal.schema_version_id_seq', 5, true);

ALTER TABLE ONLY directory.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY directory.accounts
    ADD CONSTRAINT accounts_source_external_id_key UNIQUE (source, external_id);

ALTER TABLE ONLY directory.held_deletions
    ADD CONSTRAINT held_deletions_pkey PRIMARY KEY (source, external_id);

ALTER TABLE ONLY directory.payload_fields
    ADD CONSTRAINT payload_fields_pkey PRIMARY KEY (provider, path);

ALTER TABLE ONLY directory.rejects
    ADD CONSTRAINT rejects_pkey PRIMARY KEY (id);

ALTER TABLE ONLY directory.runs
    ADD CONSTRAINT runs_applied_seq_key UNIQUE (applied_seq);

ALTER TABLE ONLY directory.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (id);

ALTER TABLE ONLY directory_internal.account_version
    ADD CONSTRAINT account_version_pkey PRIMARY KEY (account_id, valid_from);

ALTER TABLE ONLY directory_internal.applied_counter
    ADD CONSTRAINT applied_counter_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY directory_internal.applied_run
    ADD CONSTRAINT applied_run_pkey PRIMARY KEY (source, at);

ALTER TABLE ONLY directory_internal.checkpoint
    ADD CONSTRAINT checkpoint_pkey PRIMARY KEY (connection_id, period);

ALTER TABLE ONLY directory_internal.connection
    ADD CONSTRAINT connection_name_key UNIQUE (name);

ALTER TABLE ONLY directory_internal.connection
    ADD CONSTRAINT connection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY directory_internal.heartbeat
    ADD CONSTRAINT heartbeat_pkey PRIMARY KEY (connection_id);

ALTER TABLE ONLY directory_internal.housekeeping
    ADD CONSTRAINT housekeeping_pkey PRIMARY KEY (only_row);

ALTER TABLE ONLY directory_internal.last_change
    ADD CONSTRAINT last_change_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY directory_internal.pending_refresh
    ADD CONSTRAINT pending_refresh_pkey PRIMARY KEY (source, external_id);

ALTER TABLE ONLY directory_internal.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (id);

ALTER TABLE ONLY directory_internal.tick
    ADD CONSTRAINT tick_pkey PRIMARY KEY (source);

CREATE INDEX accounts_changed_at_idx ON directory.accounts USING btree (changed_at);

CREATE INDEX accounts_deleted_idx ON directory.accounts USING btree (source, deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE INDEX accounts_live_idx ON directory.accounts USING btree (source, status) WHERE (deleted_at IS NULL);

CREATE INDEX accounts_orphan_idx ON directory.accounts USING btree (source, parent_external_id) WHERE ((parent_id IS NULL) AND (parent_external_id IS NOT NULL));

CREATE INDEX accounts_parent_id_idx ON directory.accounts USING btree (parent_id) WHERE (parent_id IS NOT NULL);

CREATE INDEX rejects_open_idx ON directory.rejects USING btree (source, external_id) WHERE (resolved_at IS NULL);

CREATE INDEX rejects_resolved_at_idx ON directory.rejects USING btree (resolved_at) WHERE (resolved_at IS NOT NULL);

CREATE INDEX runs_complete_idx ON directory.runs USING btree (source, finished_at) WHERE complete;

CREATE INDEX runs_finished_at_idx ON directory.runs USING btree (finished_at);

CREATE INDEX runs_running_idx ON directory.runs USING btree (source) WHERE (status = 'running'::text);

CREATE INDEX runs_source_idx ON directory.runs USING btree (source, id);

CREATE INDEX account_version_source_external_id_idx ON directory_internal.account_version USING btree (source, external_id);

CREATE INDEX account_version_source_parent_idx ON directory_internal.account_version USING btree (source, parent_external_id, valid_from) WHERE (parent_external_id IS NOT NULL);

CREATE INDEX account_version_valid_from_idx ON directory_internal.account_version USING btree (valid_from);

CREATE INDEX account_version_valid_to_idx ON directory_internal.account_version USING brin (valid_to) WITH (autosummarize='on');

CREATE INDEX applied_run_run_id_idx ON directory_internal.applied_run USING btree (run_id);

CREATE INDEX chunk_cache_idx ON directory_internal.chunk_cache USING btree (connection_id, digest);

CREATE INDEX pending_refresh_due_idx ON directory_internal.pending_refresh USING btree (source, due_at);
