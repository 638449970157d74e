-- The session's search_path. It also unsets transaction_timeout, which is new in
-- Postgres 17: an older server refuses it at the start of a session.
SELECT pg_catalog.current_setting('search_path'::text),
       CASE WHEN pg_catalog.current_setting('transaction_timeout'::text, true) IS NOT NULL
            THEN pg_catalog.set_config('transaction_timeout'::text, '0'::text, false) END
