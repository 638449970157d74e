-- The run's place in the order of visibility. $1 run.
WITH next AS (
    UPDATE directory_internal.applied_counter SET seq = seq + 1 RETURNING seq
)
UPDATE directory.runs SET applied_seq = next.seq FROM next WHERE id = $1
