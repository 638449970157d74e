, w.last,
  CASE WHEN n.parent_id IS NULL AND n.parent_external_id IS NOT NULL
       THEN EXISTS (SELECT FROM directory.accounts p WHERE p.source = n.source AND p.external_id = n.parent_external_id)
  END AS parent_known
