-- When each version began, over two years: account k, from 0 to $1 - 1, has up to
-- eight replaced versions, four on average, stored in the order in which runs wrote
-- them.
INSERT INTO public.bench_version (k, i, current, valid_from, valid_to)
SELECT k, i, valid_to IS NULL, valid_from, valid_to
FROM (
    SELECT k, i, public.bench_instant(k, first, step, i) AS valid_from,
           CASE WHEN i < versions THEN public.bench_instant(k, first, step, i + 1) END AS valid_to
    FROM (
        SELECT k, versions, first, (now.at - first) / (versions + 1) AS step
        FROM (SELECT date_trunc('hour', now()) AS at) now
        CROSS JOIN generate_series(0, $1::bigint - 1) k
        CROSS JOIN LATERAL (
            SELECT (k * 7919 % 9)::int AS versions,
                   -- Three in five exist from the start.
                   now.at - interval '730 days' * CASE WHEN k % 5 < 3 THEN 1 ELSE 0.1 + (k % 1009) / 1121.0 END AS first
        ) account
    ) account
    CROSS JOIN generate_series(0, versions) i
) version
ORDER BY coalesce(valid_to, valid_from), k
