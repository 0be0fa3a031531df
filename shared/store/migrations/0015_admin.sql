-- What operators have done, each row carrying the hash of the one before it, and
-- what they have lent.

-- owner: admin
CREATE TABLE audit_log (
  seq BIGINT NOT NULL,
  at DATETIME(6) NOT NULL,
  actor BIGINT NOT NULL,
  action VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  target VARCHAR(190) COLLATE utf8mb4_bin NOT NULL,
  detail TEXT COLLATE utf8mb4_bin NOT NULL,
  request_id VARCHAR(64) COLLATE utf8mb4_bin NOT NULL,
  previous BINARY(32) NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (seq),
  KEY audit_log_target (target, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- The end of the chain: writers wait for its row, and what is cut off there is missed.
-- owner: admin
CREATE TABLE audit_head (
  id TINYINT NOT NULL,
  seq BIGINT NOT NULL,
  hash BINARY(32) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- owner: admin
CREATE TABLE bypass_tokens (
  token_hash BINARY(32) NOT NULL,
  purpose VARCHAR(200) NOT NULL,
  made_by BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  PRIMARY KEY (token_hash),
  KEY bypass_tokens_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- One run's messages and one day's bookings are found without reading the rest.
ALTER TABLE outbox
  ADD COLUMN run_id BIGINT NULL,
  ADD KEY outbox_run (run_id, id);

ALTER TABLE credit_ledger
  ADD KEY credit_ledger_at (at);
