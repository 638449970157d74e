-- What a run saw of a provider's fields. $1 provider, $2 run, then of each field,
-- in the order of their paths: $3 path, $4 types, by comma, $5 count.
INSERT INTO directory.payload_fields AS f (provider, path, types, first_run, last_run, count)
SELECT $1, g.path, pg_catalog.string_to_array(g.types, ','), $2, $2, g.count
FROM unnest($3::text[], $4::text[], $5::bigint[]) WITH ORDINALITY AS g (path, types, count, place)
ORDER BY g.place
ON CONFLICT (provider, path) DO UPDATE
SET types = ARRAY(SELECT DISTINCT t FROM pg_catalog.unnest(pg_catalog.array_cat(f.types, excluded.types)) AS t ORDER BY t),
    last_run = excluded.last_run,
    count = f.count + excluded.count
