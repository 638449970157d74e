-- Made once a session, empty at each commit.
CREATE TEMP TABLE IF NOT EXISTS change (
    account_id bigint PRIMARY KEY,
    operation  text NOT NULL, -- as in account_history; 'same' where no column differs
    changed    text[]
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS missing (account_id bigint PRIMARY KEY) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS link (
    account_id  bigint NOT NULL,
    external_id text COLLATE "C" NOT NULL,
    parent_id   bigint -- as the provider says, where it is known
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS placement (
    account_id bigint NOT NULL,
    path       bigint[] NOT NULL -- tells parent, root and depth
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS hop (
    account_id bigint PRIMARY KEY,
    next_id    bigint NOT NULL,
    least      text COLLATE "C" NOT NULL
) ON COMMIT DELETE ROWS;
SET LOCAL work_mem = '64MB';
-- Enough to tell a large table from a small one; the default costs ten times as much.
SET LOCAL default_statistics_target = 10;
SAVEPOINT staged
