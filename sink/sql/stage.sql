COPY {staged} (run_id, seq, account_id, known, external_id, {columns}, fingerprint) FROM STDIN
