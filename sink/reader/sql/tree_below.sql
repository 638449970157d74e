-- $1: sources; $2: statuses; $3: what to search for; $4: deleted ones too; $5: the topmost account.
WITH RECURSIVE below AS (
    SELECT * FROM directory.accounts WHERE id = $5
    UNION ALL
    SELECT * FROM directory.descendants($5)
), node AS MATERIALIZED (
    SELECT id, parent_id, source, external_id, provider, parent_external_id, name, status, kind, deleted_at,
           (($4 OR deleted_at IS NULL) AND /*matches*/) IS TRUE AS hit
    FROM below
    WHERE ($1::text[] IS NULL OR source = ANY ($1))
),
