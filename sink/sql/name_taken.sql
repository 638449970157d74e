-- Whether a connection of that name was ever run. $1 name.
SELECT EXISTS (SELECT FROM directory_internal.connection WHERE name = $1)
    OR EXISTS (SELECT FROM directory.accounts WHERE source = $1)
    OR EXISTS (SELECT FROM directory.runs WHERE source = $1)
