-- The change detection: what each staged account that is known does to its row.
-- deleted and restored go before moved, moved before updated; where no column
-- differs (a new release's fingerprint, or only volatile members of the
-- payload), nothing happened. $1 run, $2 volatile members of the
-- payload, $3 whether deleted accounts stay so (a replay).
INSERT INTO pg_temp.change (account_id, operation, changed)
SELECT d.account_id,
       CASE
           WHEN d.deleted_at IS NOT NULL AND NOT $3 THEN 'restored'
           WHEN d.changed OPERATOR(pg_catalog.=) '{}' OR d.changed OPERATOR(pg_catalog.=) '{payload}' AND d.payload_same THEN 'same'
           WHEN 'parent_external_id' = ANY (d.changed) THEN 'moved'
           ELSE 'updated'
       END,
       CASE WHEN d.deleted_at IS NOT NULL AND NOT $3 THEN pg_catalog.array_append(d.changed, 'deleted_at') ELSE d.changed END
FROM (
    SELECT a.id AS account_id, a.deleted_at,
           a.payload - $2::text[] = s.payload - $2::text[] AS payload_same,
           pg_catalog.array_remove(ARRAY[{changed:a,s}], NULL) AS changed
    FROM {staged} s
    JOIN directory.accounts a ON a.id = s.account_id
    WHERE s.run_id = $1 AND s.known
) d
