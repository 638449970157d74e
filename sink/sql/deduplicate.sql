-- Of several records of one account the last one read counts. $1 run.
DELETE FROM {staged} s
USING (
    SELECT external_id, pg_catalog.max(seq) AS last
    FROM {staged}
    WHERE run_id = $1
    GROUP BY external_id
    HAVING pg_catalog.count(*) > 1
) d
WHERE s.run_id = $1 AND s.external_id = d.external_id AND s.seq < d.last
