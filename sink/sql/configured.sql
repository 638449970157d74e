-- Which connections are configured. $1 their names.
UPDATE directory_internal.connection
SET configured = (name = ANY ($1))
WHERE configured <> (name = ANY ($1))
