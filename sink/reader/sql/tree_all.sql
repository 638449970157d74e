-- $1: sources; $2: statuses; $3: what to search for; $4: deleted ones too.
WITH RECURSIVE node AS MATERIALIZED (
    SELECT id, parent_id, source, external_id, provider, parent_external_id, name, status, kind, deleted_at,
           (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
    FROM directory.accounts
    WHERE ($1::text[] IS NULL OR source = ANY ($1))
),
