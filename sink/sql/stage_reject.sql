COPY directory_internal.staged_reject (run_id, source, external_id, reason, payload) FROM STDIN
