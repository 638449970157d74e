COPY directory_internal.staged_reject (run_id, seq, source, external_id, reason, payload) FROM STDIN
