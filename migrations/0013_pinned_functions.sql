-- +goose Up
-- Functions that callers expand into their own queries have no search_path of
-- their own, which would prevent that: each function and operator in them is one
-- of Postgres, whatever stands in the caller's path.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION directory.accounts_as_of(at timestamptz) RETURNS SETOF directory.account_history
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT * FROM directory.account_history h
    WHERE h.valid_from OPERATOR(pg_catalog.<=) $1 AND (h.valid_to OPERATOR(pg_catalog.>) $1 OR h.valid_to IS NULL) AND h.deleted_at IS NULL
$$;

CREATE OR REPLACE FUNCTION directory.descendants(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- Postgres cannot guess how many there are and, left to itself, may read all
    -- accounts for a few. Ids are sorted, not rows.
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
$$;

CREATE OR REPLACE FUNCTION directory.ancestors(id bigint) RETURNS SETOF directory.accounts
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT p.* FROM directory.accounts p
    WHERE p.id OPERATOR(pg_catalog.<>) $1
      AND p.id OPERATOR(pg_catalog.=) ANY (SELECT pg_catalog.unnest(a.path) FROM directory.accounts a WHERE a.id OPERATOR(pg_catalog.=) $1)
    ORDER BY p.depth DESC
$$;
-- +goose StatementEnd
