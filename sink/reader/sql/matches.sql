($2::text[] IS NULL OR status = ANY ($2))
AND ($3::text IS NULL
     OR name ILIKE $3 OR external_id ILIKE $3 OR email ILIKE $3 OR domain ILIKE $3
     OR organization ILIKE $3 OR reference ILIKE $3 OR phone ILIKE $3)
